using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>One durable operation. <see cref="Live"/> is true until it has ended; at most one is live per subject.</summary>
internal sealed class OperationRow : IEventSource
{
    public required string Id { get; set; }
    public required string Kind { get; set; }
    public required string SubjectKind { get; set; }
    public required string SubjectId { get; set; }
    public required string SubjectName { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>The host that its work is done on, or empty: work is shared out by host.</summary>
    public string Host { get; set; } = "";

    /// <summary>What is higher is claimed first: people's work is 0, what the server does ahead of time is below.</summary>
    public int Priority { get; set; }

    public OperationStatus Status { get; set; } = OperationStatus.Pending;
    public bool Live { get; set; } = true;
    public required string Step { get; set; }

    /// <summary>The workflow's own notes, JSON.</summary>
    public string DataJson { get; set; } = "{}";

    public int Progress { get; set; }
    public string? Message { get; set; }

    /// <summary>Why it failed, or, while undoing, why it is going to have failed.</summary>
    public string? ProblemJson { get; set; }

    /// <summary>Failed tries of the current step.</summary>
    public int Attempts { get; set; }

    public bool CancelRequested { get; set; }
    public DateTimeOffset RunAt { get; set; }
    public string? LeaseHolder { get; set; }
    public DateTimeOffset? LeaseUntil { get; set; }
    public DateTimeOffset Deadline { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    string IEventSource.EventSubject => "operation";

    public Problem? Problem => ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(ProblemJson, WarrenJson.Options);

    public T Data<T>() => JsonSerializer.Deserialize<T>(DataJson, WarrenJson.Options)!;

    public Operation ToContract() => new()
    {
        Id = Id,
        Kind = Kind,
        SubjectKind = SubjectKind,
        SubjectId = SubjectId,
        SubjectName = SubjectName,
        Status = Status,
        Step = Step,
        Progress = Progress,
        Message = Message,
        Problem = Status is OperationStatus.Failed or OperationStatus.Cancelled or OperationStatus.Undoing ? Problem : null,
        CreatedAt = CreatedAt,
        EndedAt = EndedAt,
        Deadline = Deadline,
    };
}
