using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.start: switch it on, see it run.</summary>
internal sealed class StartMachine : MachineWorkflow
{
    public const string Name = "machine.start";

    public StartMachine()
    {
        Step("look", 5, "Looking whether it is on", LookAsync);
        Step("start", 10, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 60, "Looking whether it runs", ConfirmAsync);
        UndoStep("undo", "Switching it off again", UndoAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            var plan = operation.Data<Plan>();
            // Nothing was switched on, and what ran before runs on: the next look tells how it is.
            if (plan.WasOn)
            {
                if (m.State == MachineState.Starting) m.MoveTo(MachineState.Unknown);
                return;
            }

            m.Wanted = WantedPower.Off;
            // Cancelled: as if never asked for. What had failed may be gone from its host, and must not look whole.
            m.MoveTo(cancelled && !plan.HadFailed ? MachineState.Stopped : MachineState.Failed);
            m.Problem = cancelled ? plan.Problem : problem;
        }, cancellation);

    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var seen = await (await DriverAsync(step, machine, cancellation)).ObserveAsync(machine.Id, cancellation);
        return StepOutcome.GoTo("start", data: step.Operation.Data<Plan>() with { WasOn = seen.Power is ObservedPower.On or ObservedPower.Paused or ObservedPower.Unknown });
    }

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        // Only what this has switched on is switched off again.
        if (step.Operation.Data<Plan>() is { WasOn: true }) return StepOutcome.Done();
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).KillAsync(machine.Id, cancellation);
        return StepOutcome.Done();
    }

    /// <param name="WasOn">It was on before: found by the first step, or known by whoever asked.</param>
    /// <param name="HadFailed">The machine was failed when this was asked for.</param>
    /// <param name="Problem">What its row said then.</param>
    internal sealed record Plan(bool WasOn, bool HadFailed = false, Problem? Problem = null);
}
