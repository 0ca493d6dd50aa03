using System.Text;

namespace Warren.Cli.Terminal;

/// <summary>Columns padded with blanks and never wrapped, so that a line is a thing and other tools can cut it.</summary>
internal static class Table
{
    private const int Gap = 3;

    /// <summary>Rows below upper-case headings.</summary>
    public static string Rows(IReadOnlyList<string> headings, IReadOnlyList<IReadOnlyList<Cell>> rows, bool colour)
    {
        var widths = headings.Select((heading, i) => rows.Select(row => Printable.Of(row[i].Text).Length).Append(heading.Length).Max()).ToArray();
        var text = new StringBuilder();
        AppendRow(text, [.. headings.Select(heading => new Cell(heading, Ink.Faint))], widths, colour);
        foreach (var row in rows) AppendRow(text, row, widths, colour);
        return text.ToString();
    }

    /// <summary>A thing's properties, one a line; those without a value are left out.</summary>
    public static string Properties(IReadOnlyList<(string Name, Cell? Value)> properties, bool colour)
    {
        var shown = properties.Where(property => property.Value is not null).ToArray();
        var width = shown.Max(property => property.Name.Length);
        var text = new StringBuilder();
        foreach (var (name, value) in shown) AppendRow(text, [new Cell(name, Ink.Faint), value!.Value], [width, 0], colour);
        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, IReadOnlyList<Cell> row, int[] widths, bool colour)
    {
        for (var i = 0; i < row.Count; i++)
        {
            text.Append(row[i].Render(colour));
            if (i < row.Count - 1) text.Append(' ', widths[i] - Printable.Of(row[i].Text).Length + Gap);
        }

        text.Append('\n');
    }
}
