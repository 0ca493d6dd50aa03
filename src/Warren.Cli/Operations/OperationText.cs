using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Operations;

/// <summary>Operations as people read them.</summary>
internal static class OperationText
{
    public static readonly string[] Headings = ["ID", "KIND", "SUBJECT", "STATUS", "PROGRESS", "AGE", "MESSAGE"];

    public static IReadOnlyList<Cell> Row(Operation o, DateTimeOffset now) =>
        [o.Id, o.Kind, o.SubjectName, Status(o.Status), $"{o.Progress}%", Figures.Span(now - o.CreatedAt), Cell.OrDash(o.Problem?.Detail ?? o.Problem?.Title ?? o.Message)];

    public static IReadOnlyList<(string, Cell?)> Properties(Operation o, DateTimeOffset now) =>
    [
        ("id", o.Id),
        ("kind", o.Kind),
        ("subject", $"{o.SubjectKind} {o.SubjectName} ({o.SubjectId})"),
        ("status", Status(o.Status)),
        ("step", $"{o.Step}, {o.Progress}%"),
        ("message", Cell.OrNothing(o.Message)),
        ("problem", o.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("created", $"{Figures.Time(o.CreatedAt)} ({Figures.Span(now - o.CreatedAt)} ago)"),
        ("ended", Cell.OrNothing(o.EndedAt is { } ended ? $"{Figures.Time(ended)} (after {Figures.Seconds(ended - o.CreatedAt)})" : null)),
        ("deadline", Cell.OrNothing(o.Ended ? null : Figures.Time(o.Deadline))),
    ];

    public static Cell Status(OperationStatus status) => new(Words.Of(status), status switch
    {
        OperationStatus.Succeeded => Ink.Good,
        OperationStatus.Failed => Ink.Bad,
        OperationStatus.Cancelled => Ink.Faint,
        _ => Ink.Busy,
    });

    /// <summary>What is going on, for progress: the server's words, else the step's name.</summary>
    public static string Doing(Operation o)
        => o.Status is OperationStatus.Succeeded ? "done"
            : o.Status is OperationStatus.Undoing ? "undoing: " + (o.Message ?? o.Step) : o.Message ?? o.Step;

    /// <summary>What failed; an operation that ended without a problem of its own gets one.</summary>
    public static Problem ProblemOf(Operation o) => o.Problem ?? (o.Status is OperationStatus.Cancelled
        ? new Problem("urn:warren:problem:cancelled", "Cancelled", 0, $"{o.Kind} was cancelled")
        : new Problem("urn:warren:problem:internal", "Failed", 0, $"{o.Kind} failed in step {o.Step}"));
}
