using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.delete: off, gone from its host, forgotten. There is no way back, so it goes on until it is done.</summary>
internal sealed class DeleteMachine : MachineWorkflow
{
    public const string Name = "machine.delete";

    private readonly PortRelease _ports;

    public DeleteMachine(PortRelease ports)
    {
        _ports = ports;
        Step("kill", 10, "Switching it off", KillAsync);
        Step("delete", 40, "Removing its disks", DeleteAsync);
        Step("forget", 90, "Giving back its ports", ForgetAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(1);

    public override bool CanCancel => false;

    /// <summary>Failed, so that it can be asked for again; an expired machine's is asked for again by itself, but not at once.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            m.MoveTo(MachineState.Failed);
            m.Problem = problem;
            if (m.ExpiresAt <= operation.EndedAt) m.ExpiresAt = operation.EndedAt + Lifetimes.TryAgainAfter;
        }, cancellation);

    private static async Task<StepOutcome> KillAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        try
        {
            await (await DriverAsync(step, machine, cancellation)).KillAsync(machine.Id, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            // It was never made, or is gone already.
        }

        return StepOutcome.GoTo("delete");
    }

    private static async Task<StepOutcome> DeleteAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).DeleteAsync(machine.Id, cancellation);
        return StepOutcome.GoTo("forget");
    }

    private Task<StepOutcome> ForgetAsync(StepContext step, CancellationToken cancellation)
        => Task.FromResult(StepOutcome.Done(async (db, c) =>
        {
            await _ports.ReleaseAsync(db, step.SubjectId, c);
            db.Snapshots.RemoveRange(await db.Snapshots.Where(s => s.MachineId == step.SubjectId).ToListAsync(c));
            // By themselves, not with the machine: each of them is told.
            db.MachineUsers.RemoveRange(await db.MachineUsers.Where(u => u.MachineId == step.SubjectId).ToListAsync(c));
            if (await db.Machines.SingleOrDefaultAsync(m => m.Id == step.SubjectId, c) is { } machine) db.Machines.Remove(machine);
        }, step.Operation.Data<Plan>().Why));

    /// <param name="Why">Why this happens by itself, for people; null when somebody asked for it.</param>
    internal sealed record Plan(string? Why = null);
}
