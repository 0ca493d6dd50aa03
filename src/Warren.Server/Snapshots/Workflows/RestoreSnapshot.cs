using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace Warren.Server.Snapshots.Workflows;

/// <summary>machine.restore: back to a snapshot. What was written since is lost, so there is no way back.</summary>
internal sealed class RestoreSnapshot : MachineWorkflow
{
    public const string Name = "machine.restore";

    public RestoreSnapshot() => Step("restore", 10, "Returning to the snapshot", RestoreAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(30);

    public override bool CanCancel => false;

    /// <summary>The next look tells how it is.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            if (m.State == MachineState.Stopping) m.MoveTo(MachineState.Unknown);
            m.Problem = problem;
        }, cancellation);

    private static async Task<StepOutcome> RestoreAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Snapshots is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines have no snapshots."));
        var plan = step.Operation.Data<SnapshotPlan>();
        // It runs again, with what it may reach and use today.
        var runs = await step.Db.Snapshots.AnyAsync(s => s.Id == plan.SnapshotId && s.Memory, cancellation);
        var wanted = runs ? await step.Get<MachineDefinitions>().OfAsync(machine, cancellation) : null;
        await driver.Snapshots.RestoreAsync(machine.Id, plan.SnapshotId, wanted, cancellation);
        var seen = await driver.ObserveAsync(machine.Id, cancellation);
        var on = seen.Power == ObservedPower.On;
        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
        {
            m.SnapshotId = plan.SnapshotId;
            m.Wanted = on ? WantedPower.On : WantedPower.Off;
            m.Problem = null;
            m.MoveTo(on ? MachineState.Running : MachineState.Stopped);
            m.ProcessId = seen.ProcessId;
        }, c));
    }
}
