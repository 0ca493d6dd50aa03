using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.clone: copy the disks of a stopped machine, switch the copy on, see it run.</summary>
internal sealed class CloneMachine : MachineWorkflow
{
    public const string Name = "machine.clone";
    private readonly PortRelease _ports;

    public CloneMachine(PortRelease ports)
    {
        _ports = ports;
        Step("copy", 5, "Copying the disks", CopyAsync);
        Step("flatten", 40, "Copying what it shares with its source", FlattenAsync);
        Step("start", 85, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 95, "Looking whether it runs", ConfirmAsync);
        UndoStep("undo", "Taking back what was made", TakeBackAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(2);

    /// <summary>As if never asked for; the operation says why.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        await _ports.ReleaseAsync(db, operation.SubjectId, cancellation);
        if (await db.Machines.SingleOrDefaultAsync(m => m.Id == operation.SubjectId, cancellation) is { } machine) db.Machines.Remove(machine);
    }

    /// <summary>What an operation of this kind keeps.</summary>
    /// <param name="Full">It shall share nothing with its source.</param>
    internal sealed record Plan(bool Full);

    private static async Task<StepOutcome> CopyAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Clones is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be cloned."));
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation);
        await driver.Clones.CloneAsync(machine.CloneOf!, definition, Part(step, 5, 35), cancellation);
        return step.Operation.Data<Plan>().Full ? StepOutcome.GoTo("flatten") : Made(machine);
    }

    private static async Task<StepOutcome> FlattenAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).Clones!.FlattenAsync(machine.Id, Part(step, 40, 45), cancellation);
        return Made(machine);
    }

    private static Progress<double> Part(StepContext step, int from, int share) => new(part => step.Progress.Report(new StepProgress(from + (int)(part * share))));

    private static StepOutcome Made(MachineRow machine) => machine.Wanted == WantedPower.Off
        ? StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Stopped), c))
        : StepOutcome.GoTo("start", (db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Starting), c));
}
