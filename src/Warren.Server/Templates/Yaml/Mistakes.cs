using Warren.Contracts;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Warren.Server.Templates.Yaml;

/// <summary>Collects what is wrong with a text, so that its writer hears of all of it at once.</summary>
internal sealed class Mistakes
{
    /// <summary>Nobody reads further.</summary>
    private const int Most = 100;

    private readonly List<TextMistake> _all;
    private readonly long _lines;
    private readonly long _columns;

    public Mistakes() => _all = [];

    private Mistakes(List<TextMistake> all, long lines, long columns) => (_all, _lines, _columns) = (all, lines, columns);

    public bool Any => _all.Count > 0;

    /// <summary>In the order of the text.</summary>
    public IReadOnlyList<TextMistake> All => [.. _all.OrderBy(m => m.Line).ThenBy(m => m.Column)];

    /// <summary>For a text within the text: its mistakes are told by their place in the whole.</summary>
    public Mistakes Within(long lines, long columns) => new(_all, _lines + lines, _columns + columns);

    public void Add(YamlNode at, string field, string rule) => Add(at.Start, field, rule);

    public void Add(Mark at, string field, string rule) => Add(at.Line, at.Column, field, rule);

    public void Add(long line, long column, string field, string rule)
    {
        if (_all.Count < Most) _all.Add(new TextMistake(Math.Max(line, 1) + _lines, Math.Max(column, 1) + _columns, field, rule));
    }
}
