using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Runs one step of a claimed operation outside any transaction, keeps its lease meanwhile, and settles what it decided.</summary>
internal sealed class StepRunner(
    IServiceScopeFactory scopes, WorkflowCatalog workflows, OperationClaims claims, StepSettlement settlement,
    TimeProvider clock, IStepBoundary boundary, ILogger<StepRunner> log)
{
    public async Task RunAsync(OperationRow row, CancellationToken stopping)
    {
        var workflow = workflows[row.Kind];
        if (settlement.Before(workflow, row) is { } turned)
        {
            await settlement.CommitAsync(workflow, row, turned, CancellationToken.None);
            return;
        }

        using var step = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var beating = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var watch = new LeaseWatch(row, claims, clock);
        var heart = watch.KeepAsync(step, beating.Token);
        StepOutcome? outcome;
        try
        {
            outcome = await RunStepAsync(workflow, row, watch, step.Token);
        }
        finally
        {
            await beating.CancelAsync();
            await heart;
        }

        // Nothing was decided: the server stops, the lease was lost, or a cancel or the deadline cut the step short.
        if (outcome is null || watch.Lost)
        {
            await claims.ReleaseAsync(row, CancellationToken.None);
            return;
        }

        boundary.Reached(row.Kind, row.Step, after: true);
        await SettleAsync(workflow, row, outcome);
        boundary.Reached(row.Kind, row.Step, after: false);
    }

    /// <summary>What cannot be committed counts as a failure of the step, so that it ends some time.</summary>
    private async Task SettleAsync(Workflow workflow, OperationRow row, StepOutcome outcome)
    {
        try
        {
            await settlement.CommitAsync(workflow, row, outcome, CancellationToken.None);
        }
        catch (DbUpdateConcurrencyException)
        {
            await settlement.CommitAsync(workflow, row, new Retry(Problems.Conflict("The row changed meanwhile.")), CancellationToken.None);
        }
        catch (Exception e)
        {
            log.LogError(e, "What step {Step} of {Kind} {Id} decided could not be committed", row.Step, row.Kind, row.Id);
            await settlement.CommitAsync(workflow, row, new Retry(Problems.Internal()) { Bounded = true }, CancellationToken.None);
        }
    }

    private async Task<StepOutcome?> RunStepAsync(Workflow workflow, OperationRow row, LeaseWatch watch, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var context = new StepContext(row, scope.ServiceProvider, db, new ProgressWriter(row, scope.ServiceProvider));
        try
        {
            if (!workflow.Steps.TryGetValue(row.Step, out var step))
                return StepOutcome.Failed(Problems.Internal() with { Detail = $"Step '{row.Step}' is not known to this version." });
            return await step.Run(context, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (RefusedException e)
        {
            return StepOutcome.Failed(e.Problem);
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Busy or HypervisorErrorKind.Unreachable || row.Status == OperationStatus.Undoing)
        {
            return new Retry(Problems.From(e));
        }
        catch (HypervisorException e)
        {
            return StepOutcome.Failed(Problems.From(e));
        }
        catch (DbUpdateConcurrencyException)
        {
            return new Retry(Problems.Conflict("The row changed meanwhile."));
        }
        catch (Exception e)
        {
            log.LogError(e, "Step {Step} of {Kind} {Id} threw", row.Step, row.Kind, row.Id);
            return new Retry(Problems.Internal()) { Bounded = true };
        }
        finally
        {
            await ((ProgressWriter)context.Progress).FlushAsync(watch.Lost);
        }
    }
}

/// <summary>Called at the two boundaries of every step; the crash tests kill the process here, everybody else does nothing.</summary>
internal interface IStepBoundary
{
    /// <param name="kind">Kind of the operation.</param>
    /// <param name="step">Step that was run.</param>
    /// <param name="after">True: the work is done and not yet committed. False: it is committed.</param>
    void Reached(string kind, string step, bool after);
}

/// <summary>Try the step again later: it failed for a reason that may pass.</summary>
internal sealed record Retry(Problem Problem) : StepOutcome
{
    /// <summary>Give up after a few tries instead of at the deadline: nobody expected this failure.</summary>
    public bool Bounded { get; init; }
}
