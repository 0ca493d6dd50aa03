namespace Warren.Contracts;

/// <summary>What a pool's spares are kept as.</summary>
public enum PoolKind
{
    /// <summary>They run and have come as far as the pool asks for.</summary>
    Warm,

    /// <summary>They are made and off; a claim starts one.</summary>
    Stopped,
}

/// <summary>Whether a pool lends.</summary>
public enum PoolState
{
    /// <summary>It lends and is refilled.</summary>
    Active,

    /// <summary>It lends nothing and is not refilled; its spares are deleted, what is lent stays.</summary>
    Draining,
}

/// <summary>Where a machine of a pool is.</summary>
public enum PoolPlace
{
    /// <summary>Being launched, or not ready yet.</summary>
    Filling,

    /// <summary>Ready to be lent.</summary>
    Spare,

    /// <summary>Lent: it belongs to whoever claimed it.</summary>
    Lent,

    /// <summary>Being deleted.</summary>
    Releasing,
}

/// <summary>Why a lease has ended.</summary>
public enum LeaseEnd
{
    /// <summary>It was given back, or its machine was deleted.</summary>
    Released,

    /// <summary>Its time was over.</summary>
    Expired,
}

/// <summary>Machines kept ready to be claimed.</summary>
public sealed record Pool
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique in its project.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the owner; spares are launched as this user.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>How each machine is launched; a name is made up for each.</summary>
    public required LaunchRequest Machine { get; init; }

    /// <summary>What its spares are kept as.</summary>
    public required PoolKind Kind { get; init; }

    /// <summary>How far a warm spare must have come.</summary>
    public required ReadinessRung ReadyWhen { get; init; }

    /// <summary>Spares to be kept ready.</summary>
    public required int Target { get; init; }

    /// <summary>Fewer ready spares than this are told by an event, <c>pool.low</c>.</summary>
    public required int Min { get; init; }

    /// <summary>Most machines in all: spares, those being launched or deleted, and those that are lent.</summary>
    public required int Max { get; init; }

    /// <summary>Seconds after which a spare is replaced by a fresh one; absent: never.</summary>
    public int? MaxAgeSeconds { get; init; }

    /// <summary>Seconds that a lease lasts when a claim does not say.</summary>
    public required int LeaseSeconds { get; init; }

    /// <summary>Most seconds that a claim or a renewal may ask for.</summary>
    public required int LeaseMaximumSeconds { get; init; }

    /// <summary>Whether it lends.</summary>
    public required PoolState State { get; init; }

    /// <summary>Why it cannot be refilled at the moment.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When refilling is tried again after a failure.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>Spares that can be lent now.</summary>
    public required int Spares { get; init; }

    /// <summary>Machines being launched.</summary>
    public required int Filling { get; init; }

    /// <summary>Spares that are not well, and machines being deleted.</summary>
    public required int Leaving { get; init; }

    /// <summary>Machines that are lent.</summary>
    public required int Lent { get; init; }

    /// <summary>Claims that wait for a spare.</summary>
    public required int Waiting { get; init; }

    /// <summary>What it has done.</summary>
    public required PoolStatistics Statistics { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What a pool has done. Percentiles are of the last claims and launches.</summary>
public sealed record PoolStatistics
{
    /// <summary>Claims that found a spare at once.</summary>
    public required long Hits { get; init; }

    /// <summary>Claims that had to wait or got none.</summary>
    public required long Misses { get; init; }

    /// <summary>Those of the misses that got none.</summary>
    public required long Refused { get; init; }

    /// <summary>Part of the claims that were hits, 0 to 1; absent before the first.</summary>
    public double? HitRate { get; init; }

    /// <summary>Half of the last claims waited no longer than this, in milliseconds.</summary>
    public int? WaitP50Ms { get; init; }

    /// <summary>99 of 100 of the last claims waited no longer than this, in milliseconds.</summary>
    public int? WaitP99Ms { get; init; }

    /// <summary>Half of the last spares were ready this long after their launch was asked for, in milliseconds.</summary>
    public int? FillMs { get; init; }

    /// <summary>How long each spare has been ready, in seconds, oldest first.</summary>
    public required IReadOnlyList<int> SpareAges { get; init; }
}

/// <summary>POST /pools.</summary>
public sealed record CreatePoolRequest
{
    /// <summary>Name.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>How each machine is launched: without name, time to live and fixed ports of the host, which one machine alone can have.</summary>
    [Audited] public required LaunchRequest Machine { get; init; }

    /// <summary>What its spares are kept as.</summary>
    [Audited] public PoolKind Kind { get; init; }

    /// <summary>How far a warm spare must have come; when left out, <c>agent</c> where the image has one, else <c>ssh</c>, else <c>process</c>.</summary>
    [Audited] public ReadinessRung? ReadyWhen { get; init; }

    /// <summary>Spares to be kept ready; needed unless the machine names a template whose <c>pool</c> section says it. What else that section says holds, too, where this request is silent.</summary>
    [Audited] public int? Target { get; init; }

    /// <summary>Fewer ready spares than this are told by an event; the template's, else 0, when left out.</summary>
    [Audited] public int? Min { get; init; }

    /// <summary>Most machines in all; the template's, else twice the target, when left out.</summary>
    [Audited] public int? Max { get; init; }

    /// <summary>Seconds after which a spare is replaced; the template's, else never, when left out.</summary>
    [Audited] public int? MaxAgeSeconds { get; init; }

    /// <summary>Seconds that a lease lasts when a claim does not say; the template's <c>ttl</c>, else an hour, when left out.</summary>
    [Audited] public int? LeaseSeconds { get; init; }

    /// <summary>Most seconds that a claim may ask for; a day, or the ordinary length where that is more, when left out.</summary>
    [Audited] public int? LeaseMaximumSeconds { get; init; }
}

/// <summary>PATCH /pools/{pool}: what is left out stays.</summary>
public sealed record ResizePoolRequest
{
    /// <summary>Spares to be kept ready.</summary>
    [Audited] public int? Target { get; init; }

    /// <summary>Fewer ready spares than this are told by an event.</summary>
    [Audited] public int? Min { get; init; }

    /// <summary>Most machines in all.</summary>
    [Audited] public int? Max { get; init; }

    /// <summary>Seconds after which a spare is replaced; 0: never.</summary>
    [Audited] public int? MaxAgeSeconds { get; init; }
}

/// <summary>One claim on a spare, with a time to live. Its machine belongs to the holder and is deleted when it ends.</summary>
public sealed record Lease
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Id of the machine.</summary>
    public required string MachineId { get; init; }

    /// <summary>Name of the machine.</summary>
    public required string MachineName { get; init; }

    /// <summary>Host of the machine.</summary>
    public required string Host { get; init; }

    /// <summary>Name of who claimed it.</summary>
    public required string Holder { get; init; }

    /// <summary>Milliseconds from the request to the lease.</summary>
    public required int WaitedMs { get; init; }

    /// <summary>When it was claimed.</summary>
    public required DateTimeOffset ClaimedAt { get; init; }

    /// <summary>When it ends by itself.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it ended; absent while it lives.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended.</summary>
    public LeaseEnd? End { get; init; }
}

/// <summary>POST /pools/{pool}/claims.</summary>
public sealed record ClaimRequest
{
    /// <summary>Seconds that the lease lasts; the pool's when left out.</summary>
    [Audited] public int? TtlSeconds { get; init; }

    /// <summary>Name that the machine is to have from now on; the spare's own when left out.</summary>
    [Audited] public string? Name { get; init; }
}

/// <summary>PATCH /claims/{claim}.</summary>
public sealed record RenewRequest
{
    /// <summary>Seconds from now that the lease lasts; the pool's when left out.</summary>
    [Audited] public int? TtlSeconds { get; init; }
}
