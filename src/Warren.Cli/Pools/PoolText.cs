using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Pools;

/// <summary>Pools and leases as people read them.</summary>
internal static class PoolText
{
    public static readonly string[] Headings = ["NAME", "STATE", "SPARES", "FILLING", "LENT", "MAX", "WAITING", "HITS", "WAIT P99", "IMAGE", "AGE"];

    public static IReadOnlyList<Cell> Row(Pool p, DateTimeOffset now) =>
    [
        p.Name,
        State(p),
        new Cell($"{p.Spares}/{p.Target}", p.Spares >= p.Target ? Ink.Good : p.Spares < p.Min ? Ink.Bad : Ink.Busy),
        $"{p.Filling}",
        $"{p.Lent}",
        $"{p.Max}",
        $"{p.Waiting}",
        p.Statistics.HitRate is { } rate ? $"{rate * 100:0}%" : "-",
        Milliseconds(p.Statistics.WaitP99Ms),
        Source(p),
        Figures.Span(now - p.CreatedAt),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Pool p, DateTimeOffset now) =>
    [
        ("name", p.Name),
        ("id", p.Id),
        ("state", State(p)),
        ("problem", p.Problem is { } problem ? new Cell(problem.Detail ?? problem.Title, Ink.Bad) : (Cell?)null),
        ("tried again", Cell.OrNothing(p.RetryAt is { } retry ? $"in {Figures.Span(retry - now)}" : null)),
        ("spares", $"{p.Spares} of {p.Target}, {p.Filling} filling, {p.Leaving} leaving"),
        ("lent", $"{p.Lent}, {p.Waiting} waiting"),
        ("limits", $"alert below {p.Min}, at most {p.Max} machines" + (p.MaxAgeSeconds is { } age ? $", spares replaced after {Figures.Span(TimeSpan.FromSeconds(age))}" : "")),
        ("leases", $"{Figures.Span(TimeSpan.FromSeconds(p.LeaseSeconds))}, at most {Figures.Span(TimeSpan.FromSeconds(p.LeaseMaximumSeconds))}"),
        ("kind", p.Kind is PoolKind.Warm ? $"warm, ready at {Words.Of(p.ReadyWhen)}" : "stopped"),
        ("image", Source(p)),
        ("claims", $"{p.Statistics.Hits + p.Statistics.Misses}" + (p.Statistics.HitRate is { } rate ? $", {rate * 100:0.#}% at once" : "") + (p.Statistics.Refused > 0 ? $", {p.Statistics.Refused} refused" : "")),
        ("waits", Cell.OrNothing(p.Statistics.WaitP50Ms is null ? null : $"median {Milliseconds(p.Statistics.WaitP50Ms)}, 99 of 100 within {Milliseconds(p.Statistics.WaitP99Ms)}")),
        ("fill time", Cell.OrNothing(p.Statistics.FillMs is { } fill ? Milliseconds(fill) : null)),
        ("spare ages", Cell.OrNothing(p.Statistics.SpareAges.Count == 0 ? null : string.Join(", ", p.Statistics.SpareAges.Select(s => Figures.Span(TimeSpan.FromSeconds(s)))))),
        ("owner", $"{p.Owner}, project {p.Project}"),
        ("created", $"{Figures.Time(p.CreatedAt)} ({Figures.Span(now - p.CreatedAt)} ago)"),
    ];

    public static IReadOnlyList<(string, Cell?)> Properties(Lease l, DateTimeOffset now) =>
    [
        ("lease", l.Id),
        ("machine", l.MachineName),
        ("pool", l.Pool),
        ("holder", l.Holder),
        ("ends", l.EndedAt is { } ended ? $"{Figures.Time(ended)} ({Words.Of(l.End!.Value)})" : $"{Figures.Time(l.ExpiresAt)} (in {Figures.Span(l.ExpiresAt - now)})"),
    ];

    /// <summary>What its machines are made from.</summary>
    private static string Source(Pool p) => p.Machine.Image ?? p.Machine.GoldenImage ?? (p.Machine.Template is { } template ? $"template {template}" : "-");

    private static Cell State(Pool p) => p.State is PoolState.Draining ? new Cell("draining", Ink.Faint) : p.Problem is not null ? new Cell("failing", Ink.Bad) : new Cell("active", Ink.Good);

    private static string Milliseconds(int? ms) => ms is null ? "-" : ms < 1000 ? $"{ms} ms" : Figures.Seconds(TimeSpan.FromMilliseconds(ms.Value));
}
