using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>What the verbs of a machine have in common: its row, its driver, and the steps "start it" and "see it on".</summary>
internal abstract class MachineWorkflow : Workflow
{
    /// <summary>How often a machine is looked at while a step waits for it.</summary>
    protected static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);

    /// <summary>The machine's row; read-only in a step.</summary>
    protected static Task<MachineRow> MachineAsync(StepContext step, CancellationToken cancellation)
        => step.Db.Machines.AsNoTracking().SingleAsync(m => m.Id == step.SubjectId, cancellation);

    /// <summary>The machine's driver, behind its guard.</summary>
    protected static ValueTask<IHypervisor> DriverAsync(StepContext step, MachineRow machine, CancellationToken cancellation)
        => step.Get<HostDirectory>().DriverAsync(machine.Host, cancellation);

    /// <summary>Makes it run, then goes on.</summary>
    protected static async Task<StepOutcome> StartAsync(StepContext step, string next, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation);
        await (await DriverAsync(step, machine, cancellation)).StartAsync(definition, cancellation);
        return StepOutcome.GoTo(next, (db, c) => ChangeAsync(db, step.SubjectId, m =>
        {
            if (m.State != MachineState.Running) m.MoveTo(MachineState.Starting);
        }, c));
    }

    /// <summary>Looks whether it really runs.</summary>
    protected static async Task<StepOutcome> ConfirmAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var seen = await (await DriverAsync(step, machine, cancellation)).ObserveAsync(machine.Id, cancellation);
        var now = step.Get<TimeProvider>().GetUtcNow();
        return seen.Power switch
        {
            ObservedPower.On => StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
            {
                m.MoveTo(MachineState.Running);
                m.ProcessId = seen.ProcessId;
                m.Problem = null;
                m.ObservedAt = now;
                if (m.Readiness.Rung == ReadinessRung.None) m.Readiness = Ladder.Climb(m.Readiness, ReadinessRung.Process, now);
            }, c)),
            ObservedPower.Unknown or ObservedPower.Paused => StepOutcome.Again(Look),
            _ => StepOutcome.Failed(Problems.Of("hypervisor", 0, "The machine went off at once", seen.Detail ?? "The hypervisor does not say why.")),
        };
    }

    /// <summary>Removes what was made on the host.</summary>
    protected static async Task<StepOutcome> TakeBackAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).DeleteAsync(machine.Id, cancellation);
        return StepOutcome.Done();
    }

    /// <summary>A launch that came to nothing. Cancelled: as if never asked for. Failed: the row stays, off and without resources, to say why.</summary>
    protected static async Task NotMadeAsync(WarrenDb db, PortRelease ports, string id, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.Machines.SingleOrDefaultAsync(m => m.Id == id, cancellation) is not { } machine) return;
        await ports.ReleaseAsync(db, id, cancellation);
        if (cancelled) db.Machines.Remove(machine);
        else machine.NeverMade(problem);
    }

    /// <summary>The guest's user that keys are for.</summary>
    protected static async Task<string> UserAsync(WarrenDb db, string? imageId, CancellationToken cancellation)
        => await db.Images.Where(i => i.Id == imageId).Select(i => i.DefaultUser).SingleOrDefaultAsync(cancellation) ?? "root";

    /// <summary>Changes the machine's row inside an outcome's transaction.</summary>
    protected static async Task ChangeAsync(WarrenDb db, string id, Action<MachineRow> change, CancellationToken cancellation)
    {
        if (await db.Machines.SingleOrDefaultAsync(m => m.Id == id, cancellation) is { } machine) change(machine);
    }
}
