using System.Text.Encodings.Web;
using System.Text.Json;
using Warren.Contracts;

namespace Warren.Cli.Terminal;

/// <summary>
/// Where output goes: results to standard output; progress, hints and errors to standard error. Colours and moving parts
/// only on a terminal, and no colours at all with NO_COLOR (no-color.org).
/// </summary>
internal sealed class Screen(Surroundings around, bool json, bool quiet)
{
    private static readonly JsonSerializerOptions s_lines = new(WarrenJson.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions s_indented = new(s_lines) { WriteIndented = true };

    /// <summary>Write the API's JSON instead of tables.</summary>
    public bool Json => json;

    public bool Quiet => quiet;

    /// <summary>Show progress and hints: not to programs and not to those who want quiet.</summary>
    public bool Talkative => !quiet && !json;

    /// <summary>Progress may move on the screen.</summary>
    public bool Animated => Talkative && around.ErrorIsTerminal;

    public bool Colour => around.OutIsTerminal && around.Setting("NO_COLOR") is null;

    public bool ErrorColour => around.ErrorIsTerminal && around.Setting("NO_COLOR") is null;

    public TextWriter Error => around.Error;

    public DateTimeOffset Now => around.Time.GetUtcNow();

    public void WriteLine(string text) => around.Out.WriteLine(text);

    public void Write(string text) => around.Out.Write(text);

    public void WriteJson<T>(T value) => around.Out.WriteLine(JsonSerializer.Serialize(value, s_indented));

    /// <summary>One value on one line, for streams.</summary>
    public void WriteJsonLine<T>(T value) => around.Out.WriteLine(JsonSerializer.Serialize(value, s_lines));

    /// <summary>A list: its table, or the API's page with all entries.</summary>
    public void WriteList<T>(IReadOnlyList<T> items, string ifEmpty, IReadOnlyList<string> headings, Func<T, IReadOnlyList<Cell>> row)
    {
        if (json) WriteJson(new Page<T>(items));
        else if (items.Count > 0) Write(Table.Rows(headings, [.. items.Select(row)], Colour));
        else Hint(ifEmpty);
    }

    /// <summary>One thing: its properties, or the API's JSON.</summary>
    public void WriteThing<T>(T thing, IReadOnlyList<(string Name, Cell? Value)> properties)
    {
        if (json) WriteJson(thing);
        else Write(Table.Properties(properties, Colour));
    }

    /// <summary>Something worth knowing that is no result.</summary>
    public void Hint(string text)
    {
        if (Talkative) around.Error.WriteLine(new Cell(text, Ink.Faint).Render(ErrorColour));
    }

    /// <summary>Something the user should see even with <c>--quiet</c>.</summary>
    public void Warn(string text)
    {
        if (!json) around.Error.WriteLine(new Cell("warning: " + text, Ink.Busy).Render(ErrorColour));
    }

    /// <summary>An error: problem JSON for programs, one or two lines for people.</summary>
    public void Report(Problem problem, string? about = null)
    {
        if (json)
        {
            around.Error.WriteLine(JsonSerializer.Serialize(problem, s_indented));
            return;
        }

        foreach (var line in ProblemText.Lines(problem, about)) around.Error.WriteLine(new Cell(line, Ink.Bad).Render(ErrorColour));
        if (ProblemText.Advice(problem) is { } advice) around.Error.WriteLine(advice);
    }
}
