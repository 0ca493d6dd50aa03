using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

/// <summary>Hosts as people read them.</summary>
internal static class HostText
{
    public static readonly string[] Headings = ["NAME", "HYPERVISOR", "USABLE", "ACCELERATOR", "MEMORY USED", "CPUS", "DISK FREE"];

    public static IReadOnlyList<Cell> Row(Host h) =>
    [
        h.Name, $"{h.Hypervisor} {h.Version}".TrimEnd(), Usable(h), Cell.OrDash(h.Accelerator), $"{Figures.MiB(h.MemoryUsedMiB)} of {Figures.MiB(h.MemoryMiB)}",
        $"{h.Cpus}", Figures.GiB(h.DiskFreeGiB),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Host h, DateTimeOffset now) =>
    [
        ("name", h.Name),
        ("hypervisor", $"{h.Hypervisor} {h.Version}".TrimEnd()),
        ("usable", Usable(h)),
        .. h.Problems.Select(problem => ("problem", (Cell?)new Cell(problem, Ink.Bad))),
        ("accelerator", Cell.OrNothing(h.Accelerator)),
        ("because", Cell.OrNothing(h.AcceleratorReason)),
        ("memory", $"{Figures.MiB(h.MemoryUsedMiB)} of {Figures.MiB(h.MemoryMiB)} promised to machines"),
        ("cpus", $"{h.Cpus}"),
        ("disk free", Figures.GiB(h.DiskFreeGiB)),
        ("can", Cell.OrNothing(h.Capabilities.Count > 0 ? string.Join(", ", h.Capabilities) : null)),
        .. h.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => (fact.Key, (Cell?)fact.Value)),
        .. h.ForeignMachines.Select(machine => ("not ours", (Cell?)machine)),
        ("probed", Cell.OrNothing(h.ProbedAt is { } probed ? $"{Figures.Span(now - probed)} ago" : null)),
    ];

    private static Cell Usable(Host h) => h.Usable ? new Cell("yes", Ink.Good) : new Cell("no", Ink.Bad);
}
