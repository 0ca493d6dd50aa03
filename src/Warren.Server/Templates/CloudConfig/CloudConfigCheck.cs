using Warren.Contracts;
using Warren.Server.Operations;
using Warren.Server.Templates.Yaml;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.CloudConfig;

/// <summary>Judges cloud-config before a guest does: in a guest a misspelt key is a line in a log that nobody reads.</summary>
internal static class CloudConfigCheck
{
    /// <summary>What cloud-init knows it by (cloud-init documentation, "User-data formats").</summary>
    public const string Header = "#cloud-config";

    public static bool Is(string userData) => userData.StartsWith(Header, StringComparison.Ordinal)
        && (userData.Length == Header.Length || userData[Header.Length] is '\n' or '\r' or ' ' or '\t');

    /// <summary>Judges user-data; what is not cloud-config, a script say, is not judged.</summary>
    /// <exception cref="RefusedException">It has mistakes; each is named with line and column.</exception>
    public static void Demand(string? userData, string field)
    {
        if (userData is null || !Is(userData)) return;
        var mistakes = new Mistakes();
        if (YamlText.Read(userData, mistakes) is { } root) Check(root, "", mistakes);
        if (mistakes.Any) throw new RefusedException(Problem(mistakes.All, field));
    }

    /// <summary>Judges a whole cloud-config.</summary>
    /// <param name="root">Its root.</param>
    /// <param name="path">The field that it stands in; empty: the whole text.</param>
    /// <param name="mistakes">Told of what is wrong.</param>
    public static void Check(YamlNode root, string path, Mistakes mistakes)
    {
        if (YamlKinds.Of(root) == YamlKind.Null) return;
        if (root is not YamlMappingNode map)
        {
            mistakes.Add(root, path, "must be a mapping of cloud-config's keys");
            return;
        }

        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            var field = path.Length == 0 ? name : $"{path}.{name}";
            if (name == "<<") continue;
            // A key without a value is as good as none, and cloud-init takes it for that.
            if (CloudConfigKeys.All.TryGetValue(name, out var shape)) { if (YamlKinds.Of(value) != YamlKind.Null) shape.Check(value, field, mistakes); }
            else mistakes.Add(key, field, $"is not a key of cloud-config{Meant(name)}");
        }
    }

    /// <summary>One field of a request is a text with mistakes.</summary>
    public static Problem Problem(IReadOnlyList<TextMistake> mistakes, string field) => Problems.Validation(field, [.. mistakes.Select(InWords)]) with { Mistakes = mistakes };

    public static string InWords(TextMistake m) => $"line {m.Line}, column {m.Column}: {(m.Field.Length == 0 ? "" : m.Field + " ")}{m.Rule}";

    /// <summary>The nearest key, for those who mistyped it.</summary>
    private static string Meant(string name)
    {
        var (nearest, distance) = CloudConfigKeys.All.Keys.Select(k => (Key: k, Distance: Distance(name, k))).MinBy(k => k.Distance);
        return distance <= 2 ? $"; did you mean {nearest}?" : "";
    }

    /// <summary>Levenshtein's.</summary>
    private static int Distance(string a, string b)
    {
        if (a.Length > 64) return int.MaxValue;
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }
}
