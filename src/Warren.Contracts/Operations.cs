namespace Warren.Contracts;

/// <summary>Where an operation is.</summary>
public enum OperationStatus
{
    /// <summary>Waiting for a worker.</summary>
    Pending,

    /// <summary>Under way.</summary>
    Running,

    /// <summary>Being undone after a failure or a cancel.</summary>
    Undoing,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Failed; its problem says why. What it had begun has been undone.</summary>
    Failed,

    /// <summary>Cancelled, or superseded by a delete.</summary>
    Cancelled,
}

/// <summary>A durable record of something being done.</summary>
public sealed record Operation
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>What is done, <c>subject.verb</c>: <c>machine.launch</c>, <c>image.build</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Kind of the thing it is done to: <c>machine</c>, <c>image</c>.</summary>
    public required string SubjectKind { get; init; }

    /// <summary>Id of the thing it is done to.</summary>
    public required string SubjectId { get; init; }

    /// <summary>Name of the thing it is done to.</summary>
    public required string SubjectName { get; init; }

    /// <summary>Status.</summary>
    public required OperationStatus Status { get; init; }

    /// <summary>Current step.</summary>
    public required string Step { get; init; }

    /// <summary>Progress of the whole, 0 to 100.</summary>
    public required int Progress { get; init; }

    /// <summary>What is going on, for people.</summary>
    public string? Message { get; init; }

    /// <summary>Why it failed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it fails by itself if it has not ended.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Whether it has ended.</summary>
    public bool Ended => Status is OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Cancelled;
}
