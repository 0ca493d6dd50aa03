using System.Text.Json;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Events;

/// <summary>An event on one line.</summary>
internal static class EventText
{
    public static string Line(Event e, bool colour)
        => $"{new Cell(Figures.Time(e.At), Ink.Faint).Render(colour)}  {e.Id,6}  {e.Type,-18}  {Printable.Of(Describe(e))}";

    private static string Describe(Event e)
    {
        if (e.Data is not { ValueKind: JsonValueKind.Object } data) return e.SubjectId;
        var name = Word(data, "name") ?? Word(data, "subjectName") ?? e.SubjectId;
        var state = Word(data, "state") ?? Word(data, "status");
        var more = Word(data, "kind") is { } kind ? $" {kind}" : "";
        var progress = data.TryGetProperty("progress", out var percent) && percent.ValueKind is JsonValueKind.Number ? $" {percent}%" : "";
        return $"{name}{more}{(state is null ? "" : " " + state)}{progress}{(Word(data, "message") is { } message ? ": " + message : "")}";
    }

    private static string? Word(JsonElement data, string name)
        => data.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
