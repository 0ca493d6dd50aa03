using System.Globalization;
using Warren.Contracts;
using Warren.Server.Templates.CloudConfig;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates;

/// <summary>Makes a launch of a template: fills in its placeholders and writes its steps into its cloud-config.</summary>
internal static class TemplateRenderer
{
    /// <summary>Where a guest finds the scripts of the steps.</summary>
    private const string StepFolder = "/var/lib/warren/steps";

    /// <summary>The machine's name that a template asks for; null when it has no wish. A user's name becomes fit for a host name.</summary>
    public static string? MachineName(TemplateText text, string user)
    {
        if (text.Content.MachineName is not { } pattern) return null;
        var fit = string.Concat(user.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
        return Placeholders.Fill(pattern, new Dictionary<string, string>(StringComparer.Ordinal) { [Placeholders.User] = fit });
    }

    /// <summary>The request that a template stands for.</summary>
    public static LaunchRequest Render(TemplateText text, string user, string machine)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { [Placeholders.User] = user, [Placeholders.Machine] = machine };
        var content = text.Content;
        return new LaunchRequest
        {
            Name = machine,
            Image = text.Image,
            GoldenImage = text.GoldenImage,
            MemoryMiB = content.MemoryMiB,
            Cpus = content.Cpus,
            DiskGiB = content.DiskGiB,
            Firmware = content.Firmware,
            Video = content.Video,
            Network = content.Network,
            NetworkMode = content.NetworkMode,
            Egress = content.Egress,
            NetworkMbps = content.NetworkMbps,
            DiskMiBps = content.DiskMiBps,
            DiskIops = content.DiskIops,
            DataDisks = content.DataDisks,
            Forwards = content.Forwards,
            Keys = content.Keys,
            HostLabels = content.HostLabels,
            Requires = content.Requires,
            TtlSeconds = content.TtlSeconds,
            RecordScreen = content.Recording == RecordingPolicy.Screen ? true : null,
            UserData = UserData(text, values),
        };
    }

    /// <summary>Its steps, placeholders filled in.</summary>
    public static IReadOnlyList<ProvisionStep> Steps(TemplateText text, string user, string machine)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { [Placeholders.User] = user, [Placeholders.Machine] = machine };
        return [.. text.Steps.Select(s => s with
        {
            Name = Placeholders.Fill(s.Name, values), Content = Placeholders.Fill(s.Content, values), Path = s.Path is null ? null : Placeholders.Fill(s.Path, values),
        })];
    }

    private static string? UserData(TemplateText text, Dictionary<string, string> values)
    {
        if (text.Script is { } script) return Placeholders.Fill(script, values);
        if (text.CloudConfig is null && text.Steps.Count == 0) return null;
        var config = text.CloudConfig is null ? new YamlMappingNode() : (YamlMappingNode)Fill(text.CloudConfig, values);
        AddSteps(config, text.Steps, values);
        using var written = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        // No folding of long lines: what is written is what was meant, and readable.
        new YamlStream(new YamlDocument(config)).Save(new Emitter(written, new EmitterSettings().WithBestWidth(int.MaxValue)), assignAnchors: false);
        var yaml = written.ToString();
        return CloudConfigCheck.Header + "\n" + (yaml.EndsWith("...\n", StringComparison.Ordinal) ? yaml[..^4] : yaml);
    }

    /// <summary>Files first, as cloud-init has it; scripts after what the cloud-config runs itself, each stopping those behind it if it fails.</summary>
    private static void AddSteps(YamlMappingNode config, IReadOnlyList<ProvisionStep> steps, Dictionary<string, string> values)
    {
        if (steps.Count == 0) return;
        var (files, commands) = (ListOf(config, "write_files"), new List<YamlNode>());
        for (var i = 0; i < steps.Count; i++)
        {
            var (step, content) = (steps[i], Placeholders.Fill(steps[i].Content, values));
            if (step.Path is not null)
            {
                files.Add(File(Placeholders.Fill(step.Path, values), content, Octal(step.Mode ?? "0644")));
                continue;
            }

            var script = FormattableString.Invariant($"{StepFolder}/{i + 1:00}");
            files.Add(File(script, content.StartsWith("#!", StringComparison.Ordinal) ? content : "#!/bin/sh\nset -eu\n" + content, "0700"));
            var name = Placeholders.Fill(step.Name, values).Replace("'", "", StringComparison.Ordinal);
            commands.Add(Quoted($"echo 'warren: {name}'; {script} || {{ code=$?; echo 'warren: {name}: failed with status '$code; exit $code; }}"));
        }

        if (commands.Count == 0) return;
        var run = ListOf(config, "runcmd");
        foreach (var command in commands) run.Add(command);
    }

    private static YamlMappingNode File(string path, string content, string mode) => new(
        new YamlScalarNode("path"), Quoted(path),
        new YamlScalarNode("permissions"), Quoted(mode),
        new YamlScalarNode("content"), new YamlScalarNode(content) { Style = content.Contains('\n', StringComparison.Ordinal) ? ScalarStyle.Literal : ScalarStyle.DoubleQuoted });

    private static YamlSequenceNode ListOf(YamlMappingNode config, string key)
    {
        if (config.Children.TryGetValue(new YamlScalarNode(key), out var found) && found is YamlSequenceNode list) return list;
        var added = new YamlSequenceNode();
        config.Children[new YamlScalarNode(key)] = added;
        return added;
    }

    /// <summary>A copy. What was filled in is quoted, so that a user called "no" stays a text.</summary>
    private static YamlNode Fill(YamlNode node, Dictionary<string, string> values) => node switch
    {
        YamlMappingNode map => new YamlMappingNode(map.Children.Select(c => new KeyValuePair<YamlNode, YamlNode>(Fill(c.Key, values, key: true), Fill(c.Value, values)))) { Style = map.Style },
        YamlSequenceNode list => new YamlSequenceNode(list.Children.Select(c => Fill(c, values))) { Style = list.Style },
        _ => Fill(node, values, key: false),
    };

    private static YamlNode Fill(YamlNode node, Dictionary<string, string> values, bool key)
    {
        if (node is not YamlScalarNode { Value: { } text } scalar) return node;
        var filled = key ? text : Placeholders.Fill(text, values);
        return new YamlScalarNode(filled) { Tag = scalar.Tag, Style = StyleOf(scalar.Style, filled != text) };
    }

    /// <summary>A folded text has been unfolded by reading it; folded again it might come out another.</summary>
    private static ScalarStyle StyleOf(ScalarStyle before, bool filled) => before switch
    {
        ScalarStyle.Plain when filled => ScalarStyle.DoubleQuoted,
        ScalarStyle.Folded => ScalarStyle.Literal,
        _ => before,
    };

    private static YamlScalarNode Quoted(string text) => new(text) { Style = ScalarStyle.DoubleQuoted };

    private static string Octal(string mode) => mode.StartsWith('0') ? mode : "0" + mode;
}
