namespace Warren.Cli.Terminal;

/// <summary>Colours of a word on the screen.</summary>
internal enum Ink
{
    Plain,
    Good,
    Busy,
    Bad,
    Faint,
    Strong,
}

/// <summary>A word with its colour.</summary>
internal readonly record struct Cell(string Text, Ink Ink = Ink.Plain)
{
    public static implicit operator Cell(string text) => new(text);

    /// <summary>A word that may be missing: a dash in a table, which has a place for it.</summary>
    public static Cell OrDash(string? text) => new(text ?? "-");

    /// <summary>A word that may be missing: no line among a thing's properties.</summary>
    public static Cell? OrNothing(string? text) => text is null ? (Cell?)null : new Cell(text);

    /// <summary>The text without what a terminal would take for commands, coloured when asked.</summary>
    public string Render(bool colour) => colour && Ink is not Ink.Plain ? $"\e[{Code}m{Printable.Of(Text)}\e[0m" : Printable.Of(Text);

    private string Code => Ink switch { Ink.Good => "32", Ink.Busy => "33", Ink.Bad => "31", Ink.Faint => "2", _ => "1" };
}

/// <summary>Text from a server or a guest, made harmless: control characters become <c>?</c>.</summary>
internal static class Printable
{
    public static string Of(string text)
        => text.Any(static c => char.IsControl(c)) ? string.Concat(text.Select(static c => c is '\n' or '\t' ? ' ' : char.IsControl(c) ? '?' : c)) : text;
}
