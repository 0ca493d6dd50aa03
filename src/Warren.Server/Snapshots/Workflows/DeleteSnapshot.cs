using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace Warren.Server.Snapshots.Workflows;

/// <summary>machine.snapshot-delete: forget one point; the machine and the other snapshots keep what they hold.</summary>
internal sealed class DeleteSnapshot : MachineWorkflow
{
    public const string Name = "machine.snapshot-delete";

    public DeleteSnapshot() => Step("delete", 10, "Removing the snapshot", DeleteAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(30);

    public override bool CanCancel => false;

    /// <summary>It may be there still, and can be asked for again.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        var id = operation.Data<SnapshotPlan>().SnapshotId;
        if (await db.Snapshots.SingleOrDefaultAsync(s => s.Id == id, cancellation) is { } row) row.State = SnapshotState.Ready;
    }

    private static async Task<StepOutcome> DeleteAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Snapshots is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines have no snapshots."));
        var id = step.Operation.Data<SnapshotPlan>().SnapshotId;
        await driver.Snapshots.DeleteAsync(machine.Id, id, cancellation);
        var tree = await driver.Snapshots.ListAsync(machine.Id, cancellation);
        return StepOutcome.Done(async (db, c) =>
        {
            var rows = await SnapshotTree.FollowAsync(db, machine.Id, tree, c);
            if (rows.Find(s => s.Id == id) is not { } gone) return;
            await ChangeAsync(db, machine.Id, m => m.SnapshotId = m.SnapshotId == id ? gone.ParentId : m.SnapshotId, c);
            db.Snapshots.Remove(gone);
        });
    }
}
