using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Turns what a step decided into the row's next state, in one transaction guarded by the lease.</summary>
internal sealed class StepSettlement(IDbContextFactory<WarrenDb> databases, TimeProvider clock)
{
    /// <summary>An unexpected failure is tried this often before the operation gives up.</summary>
    private const int UnexpectedTries = 3;

    /// <summary>An undo that keeps failing is given up after this many tries, some minutes in.</summary>
    private const int UndoTries = 12;

    /// <summary>Decides without running the step: a cancel was asked for, or the deadline is over.</summary>
    public StepOutcome? Before(Workflow workflow, OperationRow row)
    {
        if (row.Status == OperationStatus.Undoing) return null;
        if (row.CancelRequested) return StepOutcome.Failed(Problems.Cancelled());
        return clock.GetUtcNow() > row.Deadline ? StepOutcome.Failed(Problems.Deadline(workflow.Deadline, row.Step)) : null;
    }

    public async Task CommitAsync(Workflow workflow, OperationRow row, StepOutcome outcome, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await db.TransactAsync(async () =>
        {
            var held = await OperationClaims.HoldAsync(db, row, cancellation);
            if (held is null)
            {
                await db.Operations.Where(o => o.Id == row.Id && o.LeaseHolder == row.LeaseHolder).ExecuteUpdateAsync(
                    set => set.SetProperty(o => o.LeaseHolder, (string?)null).SetProperty(o => o.LeaseUntil, (DateTimeOffset?)null), cancellation);
                return false;
            }

            await ApplyAsync(db, workflow, held, outcome, cancellation);
            if (outcome.Commit is not null) await outcome.Commit(db, cancellation);
            (held.LeaseHolder, held.LeaseUntil) = (null, null);
            await db.SaveChangesAsync(cancellation);
            return true;
        }, cancellation);
    }

    private async Task ApplyAsync(WarrenDb db, Workflow workflow, OperationRow row, StepOutcome outcome, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (outcome.Data is not null) row.DataJson = JsonSerializer.Serialize(outcome.Data, outcome.Data.GetType(), WarrenJson.Options);
        switch (outcome)
        {
            case GoTo next:
                Enter(row, workflow.Steps[next.Step], now);
                break;
            case Again again:
                row.RunAt = now + again.After;
                row.Attempts = 0;
                row.Message = again.Message ?? row.Message;
                row.Progress = Math.Max(row.Progress, again.Progress ?? 0);
                break;
            case Retry retry when !GivesUp(row, retry):
                row.Attempts++;
                row.Message = $"{retry.Problem.Detail} Trying again.";
                row.RunAt = now + Backoff(row.Attempts);
                break;
            case Done when row.Status == OperationStatus.Undoing:
                await EndBadlyAsync(db, workflow, row, row.Problem!, cancellation);
                break;
            case Done done:
                OperationQueue.End(row, OperationStatus.Succeeded, null, clock);
                row.Message = done.Message;
                break;
            case Failed or Retry:
                var problem = outcome is Failed failed ? failed.Problem : ((Retry)outcome).Problem;
                if (workflow.Undo is null || row.Status == OperationStatus.Undoing)
                {
                    await EndBadlyAsync(db, workflow, row, row.Problem ?? problem, cancellation);
                    break;
                }

                row.Status = OperationStatus.Undoing;
                row.ProblemJson = Problems.ToJson(problem);
                Enter(row, workflow.Steps[workflow.Undo], now);
                break;
            default:
                throw new InvalidOperationException($"Outcome {outcome.GetType().Name} is not known.");
        }
    }

    private static bool GivesUp(OperationRow row, Retry retry) => row.Status == OperationStatus.Undoing
        ? row.Attempts >= UndoTries
        : retry.Bounded && row.Attempts + 1 >= UnexpectedTries;

    private async Task EndBadlyAsync(WarrenDb db, Workflow workflow, OperationRow row, Problem problem, CancellationToken cancellation)
    {
        var cancelled = problem.Type == Problems.Prefix + "cancelled";
        OperationQueue.End(row, cancelled ? OperationStatus.Cancelled : OperationStatus.Failed, problem, clock);
        await workflow.OnEndedBadlyAsync(db, row, problem, cancelled, cancellation);
    }

    private static void Enter(OperationRow row, Step step, DateTimeOffset now)
    {
        row.Step = step.Name;
        row.Progress = Math.Max(row.Progress, step.Progress);
        row.Message = step.Message;
        row.Attempts = 0;
        row.RunAt = now;
    }

    /// <summary>0.2 s doubling to 15 s, each up to half longer by chance so that many waiters do not come back together.</summary>
    private static TimeSpan Backoff(int attempt)
    {
        var seconds = Math.Min(15, 0.2 * Math.Pow(2, Math.Min(attempt, 10) - 1));
        return TimeSpan.FromSeconds(seconds * (1 + RandomNumberGenerator.GetInt32(500) / 1000.0));
    }
}
