using System.Globalization;
using Warren.Contracts;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>Rules of what ends machines by itself.</summary>
internal static class Lifetimes
{
    /// <summary>Seconds.</summary>
    public const int ShortestTtl = 60, ShortestIdle = 120, Longest = 31_536_000, ShortestUnwatched = 10, LongestUnwatched = 86_400;

    /// <summary>The least and the most time between a warning and what it warns of.</summary>
    public static readonly TimeSpan ShortestWarning = TimeSpan.FromMinutes(1), LongestWarning = TimeSpan.FromMinutes(10);

    /// <summary>When a stop or a deletion that failed is asked for again.</summary>
    public static readonly TimeSpan TryAgainAfter = TimeSpan.FromMinutes(10);

    /// <summary>How long beforehand is warned: a tenth of the period, a minute at least and ten at most.</summary>
    public static TimeSpan WarningTime(int? periodSeconds)
        => TimeSpan.FromSeconds(Math.Clamp((periodSeconds ?? 0) / 10.0, ShortestWarning.TotalSeconds, LongestWarning.TotalSeconds));

    /// <summary>What a launch asks for.</summary>
    public static void Check(Check check, LaunchRequest request)
    {
        check.That(request.TtlAction is null || request.TtlSeconds is not null, "ttlAction", "goes with ttlSeconds");
        check.That(request.Idle is null or { AfterSeconds: >= ShortestIdle and <= Longest }, "idle.afterSeconds", $"{ShortestIdle} to {Longest} (one year)");
        check.That(request.Unwatched is null or { AfterSeconds: >= ShortestUnwatched and <= LongestUnwatched }, "unwatched.afterSeconds", $"{ShortestUnwatched} to {LongestUnwatched} (one day)");
    }

    /// <summary>A change of a machine that is there; 0 takes away.</summary>
    public static void Check(Check check, EditMachineRequest request, MachineRow machine)
    {
        var (ttlSeconds, ttlAction, idle, unwatched) = (request.TtlSeconds, request.TtlAction, request.Idle, request.Unwatched);
        check.That(ttlSeconds is null or 0 or (>= ShortestTtl and <= Longest), "ttlSeconds", $"0 (never), or {ShortestTtl} to {Longest} (one year)");
        check.That(ttlAction is null || ttlSeconds is > 0 || (ttlSeconds is null && machine.ExpiresAt is not null), "ttlAction", "goes with ttlSeconds, or with an expiry that is there");
        check.That(idle is null or { AfterSeconds: 0 or (>= ShortestIdle and <= Longest) }, "idle.afterSeconds", $"0 (never), or {ShortestIdle} to {Longest} (one year)");
        check.That(unwatched is null or { AfterSeconds: 0 or (>= ShortestUnwatched and <= LongestUnwatched) }, "unwatched.afterSeconds", $"0 (never), or {ShortestUnwatched} to {LongestUnwatched} (one day)");
    }

    /// <summary>Gives a machine that is being launched what the request asks for.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="request">The request.</param>
    /// <param name="from">When its time begins: with the launch, not when the server began to think about it.</param>
    public static void Apply(MachineRow machine, LaunchRequest request, DateTimeOffset from)
    {
        if (request.TtlSeconds is { } ttl) machine.LiveFor(ttl, from);
        machine.TtlAction = request.TtlAction ?? LifeAction.Delete;
        if (request.Idle is { } idle) machine.SetIdle(idle);
        if (request.Unwatched is { } unwatched) machine.SetUnwatched(unwatched);
    }

    /// <summary>What a host must be able to do for it.</summary>
    public static IEnumerable<(string Capability, string Verb)> Needs(LaunchRequest request)
    {
        foreach (var need in Needs(request.Idle, request.TtlAction, request.Unwatched)) yield return need;
        if (request.RecordScreen == true) yield return ("screen", "show a machine's screen");
    }

    /// <summary>The same for a change of what ends it.</summary>
    public static IEnumerable<(string Capability, string Verb)> Needs(IdlePolicy? idle, LifeAction? ttlAction, UnwatchedPolicy? unwatched)
    {
        if (idle is { AfterSeconds: > 0 }) yield return ("activity", "tell whether machines are used");
        if (ttlAction == LifeAction.Suspend || idle is { AfterSeconds: > 0, Action: LifeAction.Suspend } || unwatched is { AfterSeconds: > 0, Action: LifeAction.Suspend }) yield return ("suspend", "suspend machines");
    }

    /// <summary>Why it happens, for people.</summary>
    public static string Why(EndCause cause, MachineRow machine)
        => cause switch
        {
            EndCause.Expiry => "Its time to live was over.",
            EndCause.Unwatched => $"Nobody came to its consoles for {Words(machine.UnwatchedAfterSeconds ?? 0)} after the last had left.",
            _ => $"Nobody had used it for {Words(machine.IdleAfterSeconds ?? 0)}.",
        };

    private static string Words(int seconds)
    {
        var (count, unit) = seconds % 3600 == 0 ? (seconds / 3600, "h") : seconds % 60 == 0 ? (seconds / 60, "min") : (seconds, "s");
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}");
    }
}
