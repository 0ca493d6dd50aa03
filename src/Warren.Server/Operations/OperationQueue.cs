using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Enqueues, supersedes and cancels operations. Callers save.</summary>
internal sealed class OperationQueue(WarrenDb db, WorkflowCatalog workflows, TimeProvider clock)
{
    /// <summary>Adds an operation to the context; the caller commits it together with the subject's new state.</summary>
    public OperationRow Enqueue(string kind, string subjectKind, string subjectId, string subjectName, IOwned owned, object? data = null)
    {
        var workflow = workflows[kind];
        var now = clock.GetUtcNow();
        var first = workflow.Steps[workflow.First];
        var row = new OperationRow
        {
            Id = Ids.New(clock),
            Kind = kind,
            SubjectKind = subjectKind,
            SubjectId = subjectId,
            SubjectName = subjectName,
            OwnerId = owned.OwnerId,
            ProjectId = owned.ProjectId,
            Host = owned is IHosted hosted ? hosted.Host : "",
            Step = workflow.First,
            Progress = first.Progress,
            Message = first.Message,
            DataJson = data is null ? "{}" : JsonSerializer.Serialize(data, WarrenJson.Options),
            RunAt = now,
            CreatedAt = now,
            Deadline = now + workflow.Deadline,
        };
        db.Operations.Add(row);
        return row;
    }

    /// <summary>The live operation of a subject, or null.</summary>
    public Task<OperationRow?> LiveAsync(string subjectId, CancellationToken cancellation)
        => db.Operations.FirstOrDefaultAsync(o => o.SubjectId == subjectId && o.Live, cancellation);

    /// <summary>
    /// Ends the subject's live operation, if any, so that another can take its place. A worker that still runs one of
    /// its steps notices when its lease guard fails; no step of the new one runs before that lease is given back.
    /// </summary>
    public async Task SupersedeAsync(string subjectId, string by, CancellationToken cancellation)
    {
        // Written to before it is read: a worker that settles a step of it comes first or last, never in between.
        if (db.Database.CurrentTransaction is not null) await db.LockEventsAsync(cancellation);
        await db.Operations.Where(o => o.SubjectId == subjectId && o.Live).ExecuteUpdateAsync(set => set.SetProperty(o => o.Live, o => o.Live), cancellation);
        if (await LiveAsync(subjectId, cancellation) is not { } old) return;
        End(old, OperationStatus.Cancelled, Problems.Superseded(by), clock);
        // The unique index allows one live row: the old one must be gone before the new one is inserted.
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Asks a live operation to stop and undo what it began.</summary>
    /// <exception cref="RefusedException">It cannot be cancelled.</exception>
    public void RequestCancel(OperationRow row)
    {
        if (!row.Live) throw new RefusedException(Problems.IllegalState($"The operation has ended: {row.Status.ToString().ToLowerInvariant()}."));
        if (!workflows[row.Kind].CanCancel) throw new RefusedException(Problems.IllegalState($"{row.Kind} has no way back and cannot be cancelled."));
        row.CancelRequested = true;
        row.RunAt = clock.GetUtcNow();
    }

    public static void End(OperationRow row, OperationStatus status, Problem? problem, TimeProvider clock)
    {
        row.Status = status;
        row.Live = false;
        row.EndedAt = clock.GetUtcNow();
        row.ProblemJson = problem is null ? null : Problems.ToJson(problem);
        if (status == OperationStatus.Succeeded) row.Progress = 100;
    }
}
