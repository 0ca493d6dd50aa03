using System.Text.RegularExpressions;
using Warren.Server.Templates.CloudConfig;
using Warren.Server.Templates.Yaml;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates;

/// <summary>The part of a template that becomes user-data: <c>cloudInit</c> and <c>provision</c>.</summary>
internal static partial class ProvisionParser
{
    private const int MostSteps = 50;
    private static readonly string[] s_known = [Placeholders.User, Placeholders.Machine];

    /// <summary>The cloud-config as a tree, or the script that stands in its place.</summary>
    public static (YamlMappingNode? Config, string? Script) CloudInit(YamlMap map, string yaml, Mistakes mistakes)
    {
        switch (map.Node("cloudInit"))
        {
            case null: return default;
            case YamlMappingNode config:
                CloudConfigCheck.Check(config, "cloudInit", mistakes);
                CheckPlaceholders(config, "cloudInit", s_known, mistakes);
                return (config, null);
            case YamlScalarNode { Value: { } text } node when CloudConfigCheck.Is(text):
                return (Nested(node, text, yaml, mistakes), null);
            case YamlScalarNode { Value: { } text } node when text.StartsWith("#!", StringComparison.Ordinal):
                CheckPlaceholders(node, "cloudInit", s_known, mistakes);
                return (null, text);
            default:
                map.Refuse("cloudInit", "must be a mapping of cloud-config's keys, or a text that begins with #cloud-config or #!");
                return default;
        }
    }

    public static IReadOnlyList<ProvisionStep> Steps(YamlMap map, Mistakes mistakes)
    {
        var steps = new List<ProvisionStep>();
        foreach (var (node, path) in map.Items("provision"))
        {
            CheckPlaceholders(node, path, s_known, mistakes);
            var number = steps.Count + 1;
            if (node is YamlScalarNode { Value: { Length: > 0 } script }) steps.Add(new ProvisionStep($"step {number}", script));
            else if (node is YamlMappingNode mapping) steps.Add(Step(new YamlMap(mapping, path, mistakes), number));
            else mistakes.Add(node, path, "must be a shell script, or a mapping with shell or file");
        }

        if (steps.Count > MostSteps) map.Refuse("provision", $"at most {MostSteps} steps");
        return steps;
    }

    /// <summary>Refuses placeholders that are not known, each in the line where it stands.</summary>
    public static void CheckPlaceholders(YamlNode node, string path, IReadOnlyCollection<string> known, Mistakes mistakes)
    {
        switch (node)
        {
            case YamlScalarNode { Value: { } text } scalar:
                Placeholders.Check(text, known, (name, at) =>
                {
                    var block = scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded;
                    var line = scalar.Start.Line + (block ? 1 + text.AsSpan(0, at).Count('\n') : 0);
                    mistakes.Add(line, block ? 1 : scalar.Start.Column, path,
                        $"{{{name}}} is not a placeholder known here; known: {string.Join(", ", known.Select(k => $"{{{k}}}"))}; write {{{{ for a brace");
                });
                break;
            case YamlSequenceNode list:
                for (var i = 0; i < list.Children.Count; i++) CheckPlaceholders(list.Children[i], $"{path}[{i}]", known, mistakes);
                break;
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children) CheckPlaceholders(value, $"{path}.{key}", known, mistakes);
                break;
        }
    }

    private static ProvisionStep Step(YamlMap map, int number)
    {
        var name = map.Text("name", n => n.Length <= 100 && !n.Any(c => char.IsControl(c) || c == '\''), "must have at most 100 characters, no quotes") ?? $"step {number}";
        var shell = map.Text("shell");
        var file = map.Map("file");
        if (map.Node("shell") is null == map.Node("file") is null) map.Refuse("shell", "exactly one of shell and file is needed");
        map.Done();
        if (file is null) return new ProvisionStep(name, shell ?? "");
        var step = new ProvisionStep(name, file.Node("content") is YamlScalarNode { Value: "" } ? "" : file.Text("content", required: true) ?? "")
        {
            Path = file.Text("path", p => p.StartsWith('/') && p.Length <= 4096 && !p.Any(char.IsControl), "must be an absolute path", required: true) ?? "/",
            Mode = file.Text("mode", m => Mode().IsMatch(m), "must be an octal mode: 0644"),
        };
        file.Done();
        return step;
    }

    /// <summary>Cloud-config written as a text: its mistakes are told by their lines in the template.</summary>
    private static YamlMappingNode? Nested(YamlScalarNode node, string text, string yaml, Mistakes mistakes)
    {
        var first = (int)node.Start.Line; // The line below a block's indicator, counted from 0.
        var block = node.Style is ScalarStyle.Literal or ScalarStyle.Folded;
        var line = block ? yaml.Split('\n').ElementAtOrDefault(first) ?? "" : "";
        var within = block ? mistakes.Within(first, line.Length - line.TrimStart(' ').Length) : mistakes.Within(first - 1, 0);
        if (YamlText.Read(text, within) is not { } root) return null;
        CloudConfigCheck.Check(root, "cloudInit", within);
        CheckPlaceholders(root, "cloudInit", s_known, within);
        return root as YamlMappingNode;
    }

    [GeneratedRegex(@"\A0?[0-7]{3,4}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Mode();
}
