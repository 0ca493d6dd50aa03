namespace Warren.Contracts;

/// <summary>
/// Says of a request's property that its value is plain: the audit trail writes it down. Of a property without this mark it writes down
/// only that it was sent.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AuditedAttribute : Attribute;

/// <summary>Who did something.</summary>
public enum AuditActor
{
    /// <summary>A person's account.</summary>
    Person,

    /// <summary>A service account.</summary>
    Service,

    /// <summary>Somebody with a share link.</summary>
    Share,

    /// <summary>The server itself: something's time was over, a pool was filled, an operation ended.</summary>
    System,

    /// <summary>Somebody who was not known.</summary>
    Nobody,
}

/// <summary>What came of it.</summary>
public enum AuditResult
{
    /// <summary>It was done, or an operation that does it was accepted.</summary>
    Ok,

    /// <summary>It was refused: a status from 400 to 499.</summary>
    Refused,

    /// <summary>It went wrong: a status of 500 or more, or an operation that did not succeed.</summary>
    Failed,
}

/// <summary>An audit entry: who did what, to what, from where, with what result. Entries are never changed.</summary>
public sealed record AuditEntry
{
    /// <summary>Its number: 1, 2, 3, … without gaps.</summary>
    public required long Seq { get; init; }

    /// <summary>When it was answered, or happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who.</summary>
    public required AuditActor Actor { get; init; }

    /// <summary>Id of the user whose rights were used.</summary>
    public string? UserId { get; init; }

    /// <summary>Their name then; of a share link, what who opened it said.</summary>
    public string? User { get; init; }

    /// <summary>What they were known by: <c>session:ID</c>, <c>token:ID</c> or <c>share:ID</c>.</summary>
    public string? Credential { get; init; }

    /// <summary>The name that somebody tried to log in with, in vain.</summary>
    public string? Tried { get; init; }

    /// <summary>The address that it came from.</summary>
    public string? Address { get; init; }

    /// <summary>What the program called itself, at most 120 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>What, as a name that stays: <c>machine.launch</c>.</summary>
    public required string Action { get; init; }

    /// <summary>The request's method.</summary>
    public string? Method { get; init; }

    /// <summary>The request's route, with places for names.</summary>
    public string? Route { get; init; }

    /// <summary>What it was done to: <c>machine</c>, <c>user</c>, …</summary>
    public string? SubjectKind { get; init; }

    /// <summary>Its id, where known.</summary>
    public string? SubjectId { get; init; }

    /// <summary>Its name then, where known.</summary>
    public string? Subject { get; init; }

    /// <summary>Id of the project that it is a matter of; absent for matters of the server.</summary>
    public string? ProjectId { get; init; }

    /// <summary>The project's name now; absent in exports and for projects that are gone.</summary>
    public string? Project { get; init; }

    /// <summary>What came of it.</summary>
    public required AuditResult Result { get; init; }

    /// <summary>The answer's HTTP status; absent for what the server did by itself.</summary>
    public int? Status { get; init; }

    /// <summary>The answer's problem, without its prefix: <c>not-found</c>.</summary>
    public string? Problem { get; init; }

    /// <summary>The operation that was accepted, begun or ended.</summary>
    public string? OperationId { get; init; }

    /// <summary>Plain fields of the request, and what else is worth knowing, by name; the values of all others are left out.</summary>
    public required IReadOnlyDictionary<string, string> Detail { get; init; }

    /// <summary>Hash of the entry before it, SHA-256 in hex.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>SHA-256 in hex of the hash before it and its own fields; docs/audit.md says how.</summary>
    public required string Hash { get; init; }
}

/// <summary>Where the audit trail ends. Kept elsewhere, it shows later whether the end was cut off.</summary>
/// <param name="Seq">The last entry's number; 0 before there is any.</param>
/// <param name="Hash">Its hash.</param>
public sealed record AuditHead(long Seq, string Hash);

/// <summary>What became of a head that was kept elsewhere.</summary>
public enum KeptHeadState
{
    /// <summary>It is in the chain.</summary>
    Found,

    /// <summary>It is not: the end was cut off since, or the chain was written anew.</summary>
    Missing,

    /// <summary>Retention has taken it away: it cannot be told.</summary>
    Pruned,
}

/// <summary>GET /audit/verify: what walking through the chain has shown.</summary>
public sealed record AuditVerificationResult
{
    /// <summary>Whether every entry is as it was written, and follows the one before it.</summary>
    public required bool Intact { get; init; }

    /// <summary>Entries that were found good.</summary>
    public required long Entries { get; init; }

    /// <summary>Number of the oldest one; absent where there is none.</summary>
    public long? FirstSeq { get; init; }

    /// <summary>Where the trail ends.</summary>
    public required AuditHead Head { get; init; }

    /// <summary>Number of the first entry that is wrong or missing.</summary>
    public long? BrokenSeq { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string? Problem { get; init; }

    /// <summary>What became of the head that was asked about.</summary>
    public KeptHeadState? KeptHead { get; init; }

    /// <summary>When it was looked.</summary>
    public required DateTimeOffset CheckedAt { get; init; }
}
