using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Golden;

/// <summary>Golden images as people read them.</summary>
internal static class GoldenText
{
    public static readonly string[] Headings = ["NAME", "KIND", "STATE", "HOST", "MACHINE", "MEMORY", "MADE", "AGE", "DESCRIPTION"];

    public static IReadOnlyList<Cell> Row(GoldenImage g, DateTimeOffset now) =>
    [
        Reference(g), Words.Of(g.Kind), State(g.State), g.Host, g.Machine, Figures.MiB(g.Spec.MemoryMiB), $"{g.MachinesMade}", Figures.Span(now - g.CreatedAt), Cell.OrDash(g.Description),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(GoldenImage g) =>
    [
        ("name", Reference(g)),
        ("id", g.Id),
        ("kind", g.Kind is GoldenImageKind.Warm ? "warm: memory and disks" : "disk: disks only"),
        ("state", State(g.State)),
        ("waiting for", Cell.OrNothing(g is { State: GoldenImageState.Preparing, MarkReadyByHand: true, Operation: null } ? $"somebody to prepare {g.Machine} and say `warren golden ready {Reference(g)}`" : null)),
        ("problem", g.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("description", Cell.OrNothing(g.Description)),
        ("machine", $"{g.Machine} ({g.MachineId})"),
        ("parent", Cell.OrNothing(g.ParentId)),
        ("image", g.Image ?? "none: the machine was adopted"),
        ("host", g.Host),
        ("memory", Figures.MiB(g.Spec.MemoryMiB)),
        ("cpus", $"{g.Spec.Cpus}"),
        ("disk", g.Spec.DiskGiB == 0 ? "none" : Figures.GiB(g.Spec.DiskGiB)),
        ("made", $"{g.MachinesMade} machine{(g.MachinesMade == 1 ? "" : "s")}"),
        ("operation", Cell.OrNothing(g.Operation)),
        ("owner", $"{g.Owner}, project {g.Project}"),
        ("created", Figures.Time(g.CreatedAt)),
        ("ready", Cell.OrNothing(g.ReadyAt is { } ready ? Figures.Time(ready) : null)),
    ];

    /// <summary>Names exactly one.</summary>
    public static string Reference(GoldenImage g) => $"{g.Name}@{g.Version}";

    private static Cell State(GoldenImageState state) => new(Words.Of(state), state switch
    {
        GoldenImageState.Ready => Ink.Good,
        GoldenImageState.Failed => Ink.Bad,
        _ => Ink.Busy,
    });
}
