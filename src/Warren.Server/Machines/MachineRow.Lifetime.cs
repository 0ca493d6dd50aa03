using Warren.Contracts;

namespace Warren.Server.Machines;

/// <summary>What ends a machine by itself, and what was told of it beforehand.</summary>
internal sealed partial class MachineRow
{
    /// <summary>When its time to live is over.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Seconds from when <see cref="ExpiresAt"/> was set: keeping the machine gives it as long again, and the warning goes by it.</summary>
    public int? TtlSeconds { get; set; }

    public LifeAction TtlAction { get; set; }

    /// <summary>The expiry that was warned of. Another one is warned of anew.</summary>
    public DateTimeOffset? ExpiryWarnedFor { get; set; }

    /// <summary>Seconds without use after which <see cref="IdleAction"/> happens; none without a policy.</summary>
    public int? IdleAfterSeconds { get; set; }

    public LifeAction? IdleAction { get; set; }

    /// <summary>When it was last seen in use. None until it has been looked at since it was switched on, and without a policy.</summary>
    public DateTimeOffset? LastActiveAt { get; set; }

    /// <summary>When the idle action happens: set by the warning, taken away by use.</summary>
    public DateTimeOffset? IdleDueAt { get; set; }

    /// <summary>Seconds after the last has left its consoles after which <see cref="UnwatchedAction"/> happens; none without a policy.</summary>
    public int? UnwatchedAfterSeconds { get; set; }

    public LifeAction? UnwatchedAction { get; set; }

    /// <summary>When that happens: set when the last leaves, taken away when somebody comes.</summary>
    public DateTimeOffset? UnwatchedDueAt { get; set; }

    /// <summary>What was warned of and is nearest, or null.</summary>
    public EndWarning? Warning => new[]
    {
        ExpiresAt is { } expiry && ExpiryWarnedFor == expiry ? new EndWarning(EndCause.Expiry, TtlAction, expiry) : null,
        IdleDueAt is { } idle ? new EndWarning(EndCause.Idle, IdleAction ?? LifeAction.Stop, idle) : null,
        UnwatchedDueAt is { } left ? new EndWarning(EndCause.Unwatched, UnwatchedAction ?? LifeAction.Stop, left) : null,
    }.OfType<EndWarning>().MinBy(w => w.At);

    /// <summary>Its time is over after so many seconds; 0: never.</summary>
    public void LiveFor(int seconds, DateTimeOffset from)
        => (ExpiresAt, TtlSeconds) = (seconds == 0 ? null : from.AddSeconds(seconds), seconds == 0 ? null : seconds);

    /// <summary>Another idle policy, or none; its time begins with the next look.</summary>
    public void SetIdle(IdlePolicy policy)
    {
        (IdleAfterSeconds, IdleAction) = (policy.AfterSeconds == 0 ? null : policy.AfterSeconds, policy.AfterSeconds == 0 ? null : policy.Action);
        (LastActiveAt, IdleDueAt) = (null, null);
    }

    /// <summary>Another policy for when the last has left, or none. It counts from when somebody leaves next.</summary>
    public void SetUnwatched(UnwatchedPolicy policy)
    {
        (UnwatchedAfterSeconds, UnwatchedAction) = (policy.AfterSeconds == 0 ? null : policy.AfterSeconds, policy.AfterSeconds == 0 ? null : policy.Action);
        UnwatchedDueAt = null;
    }

    /// <summary>The last has left its consoles.</summary>
    public void Left(DateTimeOffset at)
    {
        if (UnwatchedAfterSeconds is { } after && State == MachineState.Running && PoolId is null) UnwatchedDueAt = at.AddSeconds(after);
    }

    /// <summary>Whether nothing would become of it by such an end.</summary>
    public bool IsAlready(LifeAction action) => action != LifeAction.Delete && (State == MachineState.Stopped || (action == LifeAction.Suspend && State == MachineState.Suspended));

    /// <summary>It is in use: whatever was to happen for want of that begins anew.</summary>
    public void Used(DateTimeOffset at) => (LastActiveAt, IdleDueAt) = (at, null);

    /// <summary>A stop or suspension by itself came to nothing. Failed: an expired machine's is asked for again after a while. Cancelled: somebody wants it to run.</summary>
    public void EndFailed(EndCause cause, bool cancelled, DateTimeOffset at)
    {
        if (cause == EndCause.Idle) Used(at);
        else if (cause == EndCause.Unwatched) UnwatchedDueAt = null;
        else if (!cancelled) ExpiresAt = at + Lifetimes.TryAgainAfter;
    }

    private string VerbOf(string verb, Func<string, bool> changed) => verb != "changed" ? verb
        : ExpiryWarnedFor is not null && changed(nameof(ExpiryWarnedFor)) ? "expiring"
        : IdleDueAt is not null && changed(nameof(IdleDueAt)) ? "idle"
        : UnwatchedDueAt is not null && changed(nameof(UnwatchedDueAt)) ? "unwatched"
        : verb;
}
