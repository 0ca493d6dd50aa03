using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.start: switch it on, see it run.</summary>
internal sealed class StartMachine : MachineWorkflow
{
    public const string Name = "machine.start";

    public StartMachine()
    {
        Step("start", 10, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 60, "Looking whether it runs", ConfirmAsync);
        UndoStep("undo", "Switching it off again", UndoAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            m.Wanted = WantedPower.Off;
            m.MoveTo(cancelled ? MachineState.Stopped : MachineState.Failed);
            m.Problem = cancelled ? null : problem;
        }, cancellation);

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).KillAsync(machine.Id, cancellation);
        return StepOutcome.Done();
    }
}
