namespace Warren.Contracts;

/// <summary>What happens to a machine by itself, when its time is over or nobody uses it.</summary>
public enum LifeAction
{
    /// <summary>It is deleted with its disks.</summary>
    Delete,

    /// <summary>It is shut down, and keeps its disks.</summary>
    Stop,

    /// <summary>It is suspended to disk, and goes on from there when it is started; where its host can do that.</summary>
    Suspend,
}

/// <summary>Why something happens to a machine by itself.</summary>
public enum EndCause
{
    /// <summary>Its time to live is over.</summary>
    Expiry,

    /// <summary>Nobody has used it for long enough.</summary>
    Idle,

    /// <summary>The last who was at its consoles has left.</summary>
    Unwatched,
}

/// <summary>
/// What happens to a machine that nobody uses: its guest takes less CPU than the server's threshold, no screen or serial console of it is
/// open, no TCP connection through its forwarded ports is established, and nothing is under way on it.
/// </summary>
public sealed record IdlePolicy
{
    /// <summary>Seconds without use after which it happens, 120 to 31536000 (one year). In a PATCH 0 takes the policy away.</summary>
    [Audited] public required int AfterSeconds { get; init; }

    /// <summary>What happens. Stopped when left out: that loses nothing.</summary>
    [Audited] public LifeAction Action { get; init; } = LifeAction.Stop;
}

/// <summary>What happens to a machine when the last who was at one of its consoles has left, and nobody comes for a while.</summary>
public sealed record UnwatchedPolicy
{
    /// <summary>Seconds after the last has left, 10 to 86400 (one day). In a PATCH 0 takes the policy away.</summary>
    [Audited] public required int AfterSeconds { get; init; }

    /// <summary>What happens. Stopped when left out: that loses nothing.</summary>
    [Audited] public LifeAction Action { get; init; } = LifeAction.Stop;
}

/// <summary>What will happen to a machine by itself before long, unless it is kept.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Action">What.</param>
/// <param name="At">When.</param>
public sealed record EndWarning(EndCause Cause, LifeAction Action, DateTimeOffset At);

/// <summary>POST /machines/{machine}/keep: puts off what would happen to it by itself, and counts as use.</summary>
public sealed record KeepRequest
{
    /// <summary>
    /// Seconds from now after which its time is over, 60 to 31536000; 0: never. When left out, a machine that has an expiry gets as long again
    /// as it was given last.
    /// </summary>
    [Audited] public int? TtlSeconds { get; init; }
}
