using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>When and by what a machine ends by itself, as people read it.</summary>
internal static class EndText
{
    /// <summary>Every way in which a machine can end by itself, as the options take them.</summary>
    public static string[] Actions { get; } = [.. Enum.GetValues<LifeAction>().Select(Words.Of)];

    /// <summary>An option's value.</summary>
    public static LifeAction? Action(string? text) => text is null ? null : Enum.GetValues<LifeAction>().Single(a => Words.Of(a) == text);

    /// <summary>All of it in one line.</summary>
    public static string Of(Machine m, DateTimeOffset now)
    {
        string?[] parts = [Expiry(m, now), Idle(m, now), Unwatched(m)];
        return parts.Any(p => p is not null) ? string.Join("; ", parts.OfType<string>()) : "nothing ends it by itself";
    }

    /// <summary>Its expiry, or null.</summary>
    public static string? Expiry(Machine m, DateTimeOffset now)
        => m.ExpiresAt is { } at ? $"{Passive(m.TtlAction ?? LifeAction.Delete)} at {Figures.Time(at)} (in {Figures.Span(at - now)})" : null;

    /// <summary>Its idle policy, or null.</summary>
    public static string? Idle(Machine m, DateTimeOffset now) => m.Idle is not { } idle ? null
        : $"{Passive(idle.Action)} after {Figures.Span(TimeSpan.FromSeconds(idle.AfterSeconds))} without use" + (m.LastActiveAt is { } last ? $", last used {Figures.Span(now - last)} ago" : "");

    /// <summary>What happens when the last has left its consoles, or null.</summary>
    public static string? Unwatched(Machine m) => m.Unwatched is not { } left ? null
        : $"{Passive(left.Action)} {Figures.Span(TimeSpan.FromSeconds(left.AfterSeconds))} after the last has left its consoles";

    /// <summary>What will happen before long, and what can be done about it; or null.</summary>
    public static string? Warning(Machine m, DateTimeOffset now) => m.Warning is not { } warning ? null
        : $"{Passive(warning.Action)} in {Figures.Span(warning.At - now)}: {Why(warning.Cause)}; "
            + $"`warren {(m.Lease is null ? "keep" : "renew")} {m.Name}` puts it off";

    private static string Why(EndCause cause) => cause switch
    {
        EndCause.Idle => "nobody uses it",
        EndCause.Unwatched => "the last has left its consoles",
        _ => "its time is over then",
    };

    private static string Passive(LifeAction action) => action switch
    {
        LifeAction.Delete => "deleted",
        LifeAction.Stop => "stopped",
        LifeAction.Suspend => "suspended",
        _ => Words.Of(action),
    };
}
