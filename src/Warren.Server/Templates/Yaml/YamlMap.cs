using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.Yaml;

/// <summary>One mapping, read field by field. What does not fit is a mistake and reads as absent; fields nobody asked for are mistakes.</summary>
internal sealed partial class YamlMap(YamlMappingNode node, string path, Mistakes mistakes)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public YamlNode? Node(string field)
    {
        _asked.Add(field);
        return node.Children.FirstOrDefault(c => c.Key is YamlScalarNode { Value: { } name } && name == field).Value is { } found && !IsNull(found) ? found : null;
    }

    /// <summary>Says that a field breaks a rule.</summary>
    public void Refuse(string field, string rule) => mistakes.Add(Node(field) ?? node, PathOf(field), rule);

    public string? Text(string field, bool required = false)
    {
        switch (Node(field))
        {
            case YamlScalarNode { Value: { Length: > 0 } value }: return value;
            case null: if (required) mistakes.Add(node, PathOf(field), "is missing"); return null;
            case YamlMappingNode: Refuse(field, "must be a text; one that begins with a brace needs quotes"); return null;
            default: Refuse(field, "must be a text"); return null;
        }
    }

    public string? Text(string field, Func<string, bool> holds, string rule, bool required = false)
    {
        if (Text(field, required) is not { } text) return null;
        if (holds(text)) return text;
        Refuse(field, rule);
        return null;
    }

    public string? OneOf(string field, params string[] values) => Text(field, values.Contains, $"must be one of {string.Join(", ", values)}");

    public int? Number(string field, int minimum, int maximum, bool required = false)
    {
        if (Text(field, required) is not { } text) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum) return number;
        Refuse(field, $"must be a number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>A size as <c>512M</c>, <c>2G</c>, <c>1T</c>, or a bare number of the unit.</summary>
    /// <param name="field">The field.</param>
    /// <param name="unit">Bytes in one of what is returned: MiB or GiB.</param>
    /// <param name="example">For the rule.</param>
    public int? Size(string field, long unit, string example)
    {
        if (Text(field) is not { } text) return null;
        var match = SizeText().Match(text);
        if (match.Success && decimal.TryParse(match.Groups["n"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            decimal factor = match.Groups["u"].Value.ToUpperInvariant() switch { "M" => 1L << 20, "G" => 1L << 30, "T" => 1L << 40, _ => unit };
            if (number < 1_000_000 && number * factor / unit is >= 1 and <= int.MaxValue and var units && decimal.Truncate(units) == units) return (int)units;
        }

        Refuse(field, $"must be a size: {example}");
        return null;
    }

    /// <summary>Seconds, from <c>90s</c>, <c>30m</c>, <c>2h</c>, <c>7d</c> or a bare number of seconds.</summary>
    public int? Seconds(string field)
    {
        if (Text(field) is not { } text) return null;
        var match = TimeText().Match(text);
        if (match.Success && long.TryParse(match.Groups["n"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            var seconds = number * match.Groups["u"].Value switch { "m" => 60, "h" => 3600, "d" => 86400, _ => 1 };
            if (seconds is >= 1 and <= 31_536_000) return (int)seconds;
        }

        Refuse(field, "must be a time of at most a year: 90s, 30m, 2h, 7d");
        return null;
    }

    public IReadOnlyList<string> Texts(string field)
    {
        var texts = new List<string>();
        foreach (var (item, itemPath) in Items(field))
            if (item is YamlScalarNode { Value: { Length: > 0 } value }) texts.Add(value);
            else mistakes.Add(item, itemPath, "must be a text");
        return texts;
    }

    public IReadOnlyDictionary<string, string> Pairs(string field)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Node(field) is not { } found) return pairs;
        if (found is not YamlMappingNode map) Refuse(field, "must be a mapping of texts");
        else
            foreach (var (key, value) in map.Children)
                if (key is YamlScalarNode { Value: { Length: > 0 } name } && value is YamlScalarNode { Value: { } text }) pairs[name] = text;
                else mistakes.Add(key, PathOf(field), "must be a mapping of texts");
        return pairs;
    }

    public YamlMap? Map(string field)
    {
        if (Node(field) is not { } found) return null;
        if (found is YamlMappingNode map) return new YamlMap(map, PathOf(field), mistakes);
        Refuse(field, "must be a mapping of fields");
        return null;
    }

    /// <summary>The items of a list, each with its path.</summary>
    public IEnumerable<(YamlNode Node, string Path)> Items(string field)
    {
        if (Node(field) is not { } found) return [];
        if (found is YamlSequenceNode list) return list.Select((item, i) => (item, $"{PathOf(field)}[{i}]"));
        Refuse(field, "must be a list");
        return [];
    }

    /// <summary>Call when all fields have been asked for: whatever is left is a misspelling.</summary>
    public void Done()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name } || !_asked.Contains(name))
                mistakes.Add(key, PathOf(key.ToString()), $"is not a field known here; known: {string.Join(", ", _asked)}");
    }

    private string PathOf(string field) => path.Length == 0 ? field : $"{path}.{field}";

    private static bool IsNull(YamlNode found) => YamlKinds.Of(found) == YamlKind.Null;

    [GeneratedRegex(@"\A(?<n>[0-9]{1,9}(?:\.[0-9]{1,3})?)(?:(?<u>[MGTmgt])(?:i?B)?)?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex SizeText();

    [GeneratedRegex(@"\A(?<n>[0-9]{1,9})(?<u>[smhd])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TimeText();
}
