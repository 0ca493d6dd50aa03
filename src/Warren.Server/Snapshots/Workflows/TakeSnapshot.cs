using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace Warren.Server.Snapshots.Workflows;

/// <summary>machine.snapshot: keep what its disks hold, and its memory where that was asked for.</summary>
internal sealed class TakeSnapshot : MachineWorkflow
{
    public const string Name = "machine.snapshot";

    public TakeSnapshot()
    {
        Step("take", 10, "Freezing its disks", TakeAsync);
        UndoStep("undo", "Taking back what was kept", UndoAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(30);

    /// <summary>As if never asked for; the operation says why.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        var id = operation.Data<SnapshotPlan>().SnapshotId;
        if (await db.Snapshots.SingleOrDefaultAsync(s => s.Id == id, cancellation) is { } row) db.Snapshots.Remove(row);
    }

    private static async Task<StepOutcome> TakeAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Snapshots is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines have no snapshots."));
        var plan = step.Operation.Data<SnapshotPlan>();
        await driver.Snapshots.CreateAsync(machine.Id, plan.SnapshotId, plan.Memory, cancellation);
        var tree = await driver.Snapshots.ListAsync(machine.Id, cancellation);
        return StepOutcome.Done(async (db, c) =>
        {
            var rows = await SnapshotTree.FollowAsync(db, machine.Id, tree, c);
            rows.Single(s => s.Id == plan.SnapshotId).State = SnapshotState.Ready;
            await ChangeAsync(db, machine.Id, m => m.SnapshotId = plan.SnapshotId, c);
        });
    }

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        if ((await DriverAsync(step, machine, cancellation)).Snapshots is { } snapshots)
            await snapshots.DeleteAsync(machine.Id, step.Operation.Data<SnapshotPlan>().SnapshotId, cancellation);
        return StepOutcome.Done();
    }
}

/// <summary>Which snapshot an operation is about.</summary>
internal sealed record SnapshotPlan(string SnapshotId, bool Memory);
