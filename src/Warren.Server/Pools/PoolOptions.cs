namespace Warren.Server.Pools;

/// <summary>How pools are kept. Changed in configuration under <c>Pools</c>.</summary>
internal sealed record PoolOptions
{
    /// <summary>Launches of one pool under way at once.</summary>
    public int FillingAtOnce { get; init; } = 2;

    /// <summary>Most machines that a pool may be allowed.</summary>
    public int MaximumMachines { get; init; } = 200;

    /// <summary>A running spare that was not looked at for longer is not lent. A look at a machine that stays as it is is written down once a minute.</summary>
    public int FreshSeconds { get; init; } = 120;

    /// <summary>A machine that has not become ready after this long is given up.</summary>
    public int FillWithinSeconds { get; init; } = 900;

    /// <summary>Pause after a launch that failed; it doubles with each further one, up to <see cref="LongestPauseSeconds"/>.</summary>
    public int PauseSeconds { get; init; } = 5;

    /// <summary>Longest pause between launches that fail.</summary>
    public int LongestPauseSeconds { get; init; } = 300;

    /// <summary>How long a claim in the queue counts after the server that answers it was last heard of.</summary>
    public int TicketSeconds { get; init; } = 5;

    /// <summary>How long a claim waits at most.</summary>
    public int LongestWaitSeconds { get; init; } = 60;
}
