using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Images;

/// <summary>A mistake in a YAML file that an administrator or a distribution of Warren wrote, with file and line.</summary>
public sealed class YamlMistakeException(string file, long line, string message) : Exception($"{file}({line}): {message}");

/// <summary>One mapping of a YAML file, read strictly: every mistake names file, line and field, and fields nobody asked for are mistakes.</summary>
internal sealed class YamlFields
{
    private readonly string file;
    private readonly YamlMappingNode node;
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    private YamlFields(string file, YamlNode node)
    {
        this.file = file;
        this.node = node as YamlMappingNode ?? throw new YamlMistakeException(file, node.Start.Line, "a mapping of fields is expected here");
    }

    public long Line => node.Start.Line;

    public static YamlFields Parse(string file, string text)
    {
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count != 1) throw new YamlMistakeException(file, 1, "one YAML document is expected");
            return new YamlFields(file, stream.Documents[0].RootNode);
        }
        catch (YamlException e)
        {
            throw new YamlMistakeException(file, e.Start.Line, e.InnerException?.Message ?? e.Message);
        }
        catch (InvalidOperationException)
        {
            throw new YamlMistakeException(file, 1, "is not YAML: a bracket or quote is not closed"); // YamlDotNet's own way to say so.
        }
    }

    public YamlMistakeException Mistake(string field, string message) => new(file, Find(field)?.Start.Line ?? Line, $"{field}: {message}");

    public string Text(string field) => TextOrNull(field) ?? throw new YamlMistakeException(file, Line, $"{field}: is missing");

    public string? TextOrNull(string field) => Find(field) switch
    {
        null => null,
        YamlScalarNode { Value: { Length: > 0 } value } => value,
        _ => throw Mistake(field, "must be a text"),
    };

    public int Number(string field, int minimum, int maximum)
    {
        if (!int.TryParse(Text(field), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < minimum || number > maximum)
            throw Mistake(field, $"must be a number from {minimum} to {maximum}");
        return number;
    }

    public int? NumberOrNull(string field, int minimum, int maximum) => Find(field) is null ? null : Number(field, minimum, maximum);

    public IReadOnlyList<string> Texts(string field) => Find(field) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Select(n => n is YamlScalarNode { Value: { Length: > 0 } v } ? v : throw new YamlMistakeException(file, n.Start.Line, $"{field}: must be a list of texts"))],
        _ => throw Mistake(field, "must be a list"),
    };

    public string OneOf(string field, params string[] values)
    {
        var value = Text(field);
        return values.Contains(value) ? value : throw Mistake(field, $"must be one of {string.Join(", ", values)}");
    }

    public YamlFields? FieldsOrNull(string field) => Find(field) is { } found ? new YamlFields(file, found) : null;

    public IReadOnlyList<YamlFields> List(string field) => Find(field) switch
    {
        YamlSequenceNode list => [.. list.Select(n => new YamlFields(file, n))],
        _ => throw Mistake(field, "must be a list"),
    };

    /// <summary>Call when all fields have been asked for: whatever is left is a misspelling.</summary>
    public void Done()
    {
        foreach (var key in node.Children.Keys)
            if (key is not YamlScalarNode { Value: { } name } || !asked.Contains(name))
                throw new YamlMistakeException(file, key.Start.Line, $"{key}: is not a field known here");
    }

    private YamlNode? Find(string field)
    {
        asked.Add(field);
        return node.Children.FirstOrDefault(c => c.Key is YamlScalarNode { Value: { } name } && name == field).Value;
    }
}
