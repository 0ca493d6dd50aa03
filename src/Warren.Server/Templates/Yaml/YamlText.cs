using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.Yaml;

/// <summary>Reads YAML that anybody may have sent. What would take a reader apart is refused before a tree is made of it.</summary>
internal static class YamlText
{
    /// <summary>YamlDotNet builds its tree by recursion: deeper than this is no preset but an attack on the stack.</summary>
    private const int DeepestNesting = 40;

    /// <summary>Counted with every alias written out: a few lines of aliases stand for billions of nodes.</summary>
    private const int MostNodes = 20_000;

    /// <summary>The root of the one document in a text, or null; then there is a mistake.</summary>
    public static YamlNode? Read(string text, Mistakes mistakes)
    {
        try
        {
            if (!IsHarmless(text, mistakes)) return null;
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 1) return stream.Documents[0].RootNode;
            mistakes.Add(1, 1, "", stream.Documents.Count == 0 ? "is empty" : "one YAML document is expected");
        }
        catch (YamlException e)
        {
            mistakes.Add(e.Start, "", $"is not YAML: {Innermost(e).Message}");
        }
        catch (InvalidOperationException)
        {
            mistakes.Add(1, 1, "", "is not YAML: a bracket or quote is not closed"); // YamlDotNet's own way to say so.
        }

        return null;
    }

    private static bool IsHarmless(string text, Mistakes mistakes)
    {
        var parser = new Parser(new StringReader(text));
        var anchors = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new Stack<(string? Anchor, int Before)>();
        var nodes = 0;
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case AnchorAlias alias when !anchors.TryGetValue(alias.Value.Value, out var size):
                    mistakes.Add(alias.Start, "", open.Any(o => o.Anchor == alias.Value.Value) ? "an anchor holds itself" : $"there is no anchor '{alias.Value.Value}' above");
                    return false;
                case AnchorAlias alias:
                    nodes += anchors[alias.Value.Value];
                    break;
                case MappingStart or SequenceStart:
                    open.Push((Name((NodeEvent)parser.Current), nodes++));
                    break;
                case MappingEnd or SequenceEnd:
                    var (anchor, before) = open.Pop();
                    if (anchor is not null) anchors[anchor] = nodes - before;
                    break;
                case Scalar scalar:
                    nodes++;
                    if (Name(scalar) is { } name) anchors[name] = 1;
                    break;
            }

            if (open.Count <= DeepestNesting && nodes <= MostNodes) continue;
            mistakes.Add(parser.Current!.Start, "", open.Count > DeepestNesting ? $"is nested deeper than {DeepestNesting} levels" : $"stands for more than {MostNodes} values");
            return false;
        }

        return true;
    }

    private static string? Name(NodeEvent node) => node.Anchor.IsEmpty ? null : node.Anchor.Value;

    private static Exception Innermost(Exception e) => e.InnerException is null ? e : Innermost(e.InnerException);
}
