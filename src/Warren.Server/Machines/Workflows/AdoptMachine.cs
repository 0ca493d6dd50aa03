using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.adopt: give a foreign machine our mark, and learn what it has. It runs on.</summary>
internal sealed class AdoptMachine : MachineWorkflow
{
    public const string Name = "machine.adopt";

    public AdoptMachine() => Step("mark", 20, "Giving it our mark", MarkAsync);

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    /// <summary>A mark cannot be taken back.</summary>
    public override bool CanCancel => false;

    /// <summary>It was not adopted: there is nothing to remember.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.Machines.SingleOrDefaultAsync(m => m.Id == operation.SubjectId, cancellation) is { } machine) db.Machines.Remove(machine);
    }

    private static async Task<StepOutcome> MarkAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Adoption is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be adopted."));
        var found = await driver.Adoption.AdoptAsync(step.Operation.Data<Plan>().NativeName, machine.Id, cancellation);
        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
        {
            (m.MemoryMib, m.Cpus, m.DiskGib, m.MacAddress) = (found.MemoryMiB, found.Cpus, found.DiskGiB, found.MacAddress ?? m.MacAddress);
            m.Wanted = found.Power is ObservedPower.Off or ObservedPower.Suspended ? WantedPower.Off : WantedPower.On;
            // By way of stopped, as the table has it; the next look tells the rest.
            m.MoveTo(MachineState.Stopped);
            if (found.Power is not ObservedPower.Off) m.MoveTo(found.Power is ObservedPower.Unknown ? MachineState.Unknown : MachineState.Running);
            if (found.Power is ObservedPower.Paused) m.MoveTo(MachineState.Paused);
            if (found.Power is ObservedPower.Suspended) m.MoveTo(MachineState.Suspended);
        }, c));
    }

    internal sealed record Plan(string NativeName);
}
