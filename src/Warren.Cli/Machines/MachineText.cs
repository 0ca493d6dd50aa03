using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>Machines as people read them.</summary>
internal static class MachineText
{
    public static readonly string[] Headings = ["NAME", "STATE", "READY", "HOST", "IMAGE", "MEMORY", "CPUS", "DISK", "SSH", "AGE"];

    /// <summary>What a machine is called in commands: one that is shared with the user may have the name of one of theirs.</summary>
    public static string Called(Machine m) => m.Shared is null ? m.Name : m.Id;

    public static IReadOnlyList<Cell> Row(Machine m, DateTimeOffset now) =>
    [
        m.Shared is null ? m.Name : $"{Called(m)} ({m.Name} of {m.Owner})",
        State(m.State),
        Ready(m),
        m.Host,
        Cell.OrDash(m.Image),
        Figures.MiB(m.Spec.MemoryMiB),
        $"{m.Spec.Cpus}",
        m.Spec.DiskGiB == 0 ? "-" : Figures.GiB(m.Spec.DiskGiB),
        m.Ssh is { } ssh ? $"{ssh.Host}:{ssh.Port}" : "-",
        Figures.Span(now - m.CreatedAt),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Machine m, DateTimeOffset now) =>
    [
        ("name", m.Name),
        ("id", m.Id),
        ("state", State(m.State)),
        ("ready", IsOn(m) ? Ready(m) : (Cell?)null),
        (m.Readiness.CloudInit is CloudInitStatus.Error ? "errors" : "waiting for", Cell.OrNothing(IsOn(m) ? m.Readiness.Detail : null)),
        .. (IsOn(m) ? m.Readiness.Log : []).Select(line => ("log", (Cell?)new Cell(line, Ink.Faint))),
        ("problem", m.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("warning", EndText.Warning(m, now) is { } warning ? new Cell(warning, Ink.Busy) : (Cell?)null),
        ("image", m.Image ?? "none: it was adopted"),
        ("template", Cell.OrNothing(m.Template)),
        ("golden image", Cell.OrNothing(m.GoldenImage)),
        ("fork of", Cell.OrNothing(m.ForkOf)),
        ("memory", Figures.MiB(m.Spec.MemoryMiB)),
        ("cpus", $"{m.Spec.Cpus}"),
        ("disk", (m.Spec.DiskGiB == 0 ? "none" : Figures.GiB(m.Spec.DiskGiB)) + (m.Spec.Ephemeral ? ", thrown away at each stop" : "")),
        .. m.Spec.DataDisks.Select(disk => ("data disk", (Cell?)(disk.Path ?? Figures.GiB(disk.SizeGiB ?? 0)))),
        ("firmware", $"{Words.Of(m.Spec.Firmware)}, video {Words.Of(m.Spec.Video)}"),
        ("host", m.Host + (m.ProcessId is { } pid ? $", process {pid}" : "") + (m.MovingTo is { } to ? $", moving to {to}" : "")),
        ("chosen", Cell.OrNothing(m.Placement?.Why)),
        ("network", Cell.OrNothing(m.Spec.Network)),
        ("network mode", Cell.OrNothing(m.Spec.NetworkMode is { } mode ? Words.Of(mode) : null)),
        .. m.Spec.Egress.Select(e => ("reaches only", (Cell?)e)),
        ("bandwidth", Cell.OrNothing(m.Spec.NetworkMbps is { } mbps ? $"{mbps} Mbit/s in each direction" : null)),
        ("disk limit", Cell.OrNothing(DiskLimit(m.Spec.DiskMiBps, m.Spec.DiskIops))),
        .. m.Spec.Options.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => ("option", (Cell?)$"{o.Key}={o.Value}")),
        ("addresses", Cell.OrNothing(m.Addresses.Count > 0 ? string.Join(", ", m.Addresses) : null)),
        ("recorded", Cell.OrNothing(m.RecordScreen ? "its screen, while it is on" : null)),
        ("autostart", Cell.OrNothing(m.Autostart is { } auto ? auto ? "with its host" : "no" : null)),
        ("ssh", Cell.OrNothing(m.Ssh is { } ssh ? $"{ssh.User}@{ssh.Host} port {ssh.Port}" : null)),
        .. m.Forwards.Select(forward => ("forward", (Cell?)Forward(forward))),
        ("pool", Cell.OrNothing(m.Pool is null ? null : $"{m.Pool}, {Words.Of(m.PoolPlace!.Value)}{(m.Lease is null ? "" : $" by lease {m.Lease}")}")),
        ("operation", Cell.OrNothing(m.Operation)),
        ("shared", Cell.OrNothing(m.Shared is { } shared ? $"by {shared.By}, with you as {Words.Of(shared.Role)}" : null)),
        ("owner", $"{m.Owner}, project {m.Project}"),
        ("created", $"{Figures.Time(m.CreatedAt)} ({Figures.Span(now - m.CreatedAt)} ago)"),
        ("observed", Cell.OrNothing(m.ObservedAt is { } observed ? $"{Figures.Span(now - observed)} ago" : null)),
        ("expires", Cell.OrNothing(EndText.Expiry(m, now))),
        ("idle", Cell.OrNothing(EndText.Idle(m, now))),
        ("unwatched", Cell.OrNothing(EndText.Unwatched(m))),
    ];

    /// <summary>What disks may do, or null.</summary>
    public static string? DiskLimit(int? mebibytes, int? operations) => (mebibytes, operations) switch
    {
        (null, null) => null,
        ({ } m, null) => $"{m} MiB/s",
        (null, { } o) => $"{o} reads and writes a second",
        ({ } m, { } o) => $"{m} MiB/s, {o} reads and writes a second",
    };

    /// <summary>What to do with a machine that has just been launched or started.</summary>
    public static string HowToConnect(Machine m, Uri server)
    {
        var resources = $"{(m.Image is null ? "" : m.Image + ", ")}{Figures.MiB(m.Spec.MemoryMiB)}, {m.Spec.Cpus} CPU{(m.Spec.Cpus == 1 ? "" : "s")}"
            + (m.Spec.DiskGiB == 0 ? "" : $", {Figures.GiB(m.Spec.DiskGiB)} disk");
        var lines = new List<string> { $"{m.Name} is {Words.Of(m.State)}{(m.Host == "local" ? "" : $" on {m.Host}")} ({resources})" };
        if (IsOn(m) && m.Ssh is { } ssh) lines.Add($"  ssh      warren ssh {m.Name}   ({ssh.User}@{ssh.Host} port {ssh.Port})");
        if (IsOn(m)) lines.Add($"  screen   {PageUrl(server, m)}");
        lines.AddRange(m.Forwards.Where(forward => forward.HostPort != m.Ssh?.Port).Select(forward => "  forward  " + Forward(forward)));
        if (!IsOn(m)) lines.Add($"  start    warren start {m.Name}");
        return string.Join('\n', lines);
    }

    /// <summary>The machine's page in the browser.</summary>
    public static Uri PageUrl(Uri server, Machine m) => new(server, "/machines/" + m.Name);

    public static Cell State(MachineState state) => new(Words.Of(state), state switch
    {
        MachineState.Running => Ink.Good,
        MachineState.Failed or MachineState.Unknown => Ink.Bad,
        MachineState.Stopped => Ink.Faint,
        _ => Ink.Busy,
    });

    /// <summary>The highest rung, with cloud-init's verdict on the last.</summary>
    private static Cell Ready(Machine m)
    {
        if (!IsOn(m) || m.Readiness.Rung is ReadinessRung.None) return "-";
        if (m.Readiness.CloudInit is CloudInitStatus.Error) return new Cell("cloud-init error", Ink.Bad);
        if (m.Readiness.CloudInit is CloudInitStatus.Done) return new Cell("cloud-init done", Ink.Good);
        return Words.Of(m.Readiness.Rung);
    }

    private static bool IsOn(Machine m) => m.State is MachineState.Starting or MachineState.Running or MachineState.Paused;

    private static string Forward(Forward forward) => $"{forward.Protocol} {forward.HostAddress}:{forward.HostPort} -> guest {forward.GuestPort}";
}
