using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

/// <summary>Hosts as people read them.</summary>
internal static class HostText
{
    public static readonly string[] Headings = ["NAME", "HYPERVISOR", "STATUS", "MACHINES", "MEMORY USED", "CPUS", "ACCELERATOR", "REASON"];

    public static IReadOnlyList<Cell> Row(Host h) =>
    [
        h.Name, $"{h.Hypervisor} {h.Version}".TrimEnd(), Status(h), $"{h.Machines}", h.MemoryMiB == 0 ? "-" : $"{Figures.MiB(h.MemoryUsedMiB)} of {Figures.MiB(h.MemoryMiB)}",
        h.Cpus == 0 ? "-" : $"{h.Cpus}", Cell.OrDash(h.Accelerator is "" ? null : h.Accelerator), Cell.OrDash(h.Status.Reason),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Host h, DateTimeOffset now) =>
    [
        ("name", h.Name),
        ("hypervisor", $"{h.Hypervisor} {h.Version}".TrimEnd()),
        ("status", Status(h) with { Text = Status(h).Text + (h.Status.Since is { } since ? $", since {Figures.Span(now - since)}" : "") }),
        ("tried", Cell.OrNothing(h.Status.Reason is null ? null : h.Status.Tried)),
        ("reason", h.Status.Reason is { } reason ? new Cell(reason, Ink.Bad) : (Cell?)null),
        ("remedy", Cell.OrNothing(h.Status.Remedy)),
        ("labels", Cell.OrNothing(h.Labels.Count > 0 ? Pairs(h.Labels) : null)),
        .. h.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => ("setting", (Cell?)$"{s.Key}={s.Value}")),
        .. h.Secrets.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => ("secret", (Cell?)$"{s.Key}: {(s.Value ? "set" : "not set")}")),
        ("accelerator", Cell.OrNothing(h.Accelerator is "" ? null : h.Accelerator)),
        ("because", Cell.OrNothing(h.AcceleratorReason is "" ? null : h.AcceleratorReason)),
        ("machines", h.MachineLimit is { } limit ? $"{h.Machines} of {limit}" : $"{h.Machines}"),
        ("memory", h.MemoryMiB == 0 ? null : (Cell?)$"{Figures.MiB(h.MemoryUsedMiB)} of {Figures.MiB(h.MemoryMiB)} promised to machines"),
        ("memory now", h.MemoryAvailableMiB is not { } available ? null : (Cell?)$"{Figures.MiB(available)} free{(h.MemoryTakenMiB is { } taken ? $", {Figures.MiB(taken)} taken by machines" : "")}"),
        ("cpus", h.Cpus == 0 ? null : (Cell?)$"{h.Cpus}"),
        ("disk free", h.ProbedAt is null ? null : (Cell?)Figures.GiB(h.DiskFreeGiB)),
        ("can", Cell.OrNothing(Names(h, available: true))),
        ("cannot", Cell.OrNothing(Names(h, available: false))),
        .. h.Capabilities.Where(c => c.Value is { Available: false, Reason: { } why } && !IsDrivers(why)).Select(c => ("no " + c.Key, (Cell?)c.Value.Reason!)),
        ("networks", Cell.OrNothing(h.Networks.Count > 0 ? string.Join(", ", h.Networks) : null)),
        .. h.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal).Select(fact => (fact.Key, (Cell?)fact.Value)),
        .. h.ForeignMachines.Select(machine => ("not ours", (Cell?)machine)),
        ("probed", Cell.OrNothing(h.ProbedAt is { } probed ? $"{Figures.Span(now - probed)} ago" : null)),
    ];

    public static Cell Status(Host h) => (h.Status.State, h.Draining) switch
    {
        (HostState.Online, false) => new Cell("online", Ink.Good),
        (HostState.Online, true) => new Cell("online, draining", Ink.Busy),
        (HostState.Pending, _) => new Cell("pending", Ink.Busy),
        (var state, var draining) => new Cell(Words.Of(state) + (draining ? ", draining" : ""), Ink.Bad),
    };

    public static string Pairs(IReadOnlyDictionary<string, string> pairs) => string.Join(", ", pairs.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"));

    /// <summary>What no host of this kind can do needs no line of its own.</summary>
    private static bool IsDrivers(string reason) => reason.StartsWith("the driver ", StringComparison.Ordinal);

    private static string? Names(Host h, bool available)
    {
        var names = h.Capabilities.Where(c => c.Value.Available == available && (available || c.Value.Reason is { } why && IsDrivers(why))).Select(c => c.Key).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? null : string.Join(", ", names);
    }
}
