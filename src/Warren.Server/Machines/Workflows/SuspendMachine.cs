using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.suspend: write its memory to disk and end it. However it ends badly, the next look tells whether it runs or is suspended.</summary>
internal sealed class SuspendMachine : MachineWorkflow
{
    public const string Name = "machine.suspend";

    public SuspendMachine()
    {
        Step("suspend", 10, "Writing its memory to disk", SuspendAsync);
        UndoStep("undo", "Letting it run on", UndoAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(30);

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => operation.Data<Plan>().Cause is not { } cause ? Task.CompletedTask
            : ChangeAsync(db, operation.SubjectId, m => m.EndFailed(cause, cancelled, operation.EndedAt!.Value), cancellation);

    private static async Task<StepOutcome> SuspendAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Suspend is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be suspended."));
        if ((await driver.ObserveAsync(machine.Id, cancellation)).Power is ObservedPower.Off) return StepOutcome.Failed(Problems.IllegalState($"'{machine.Name}' went off before its memory was written."));
        await driver.Suspend.SuspendAsync(machine.Id, cancellation);
        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
        {
            m.MoveTo(MachineState.Suspended);
            m.Wanted = WantedPower.Off;
            m.Problem = null;
        }, c));
    }

    /// <summary>A call that was killed may have left it standing. What is suspended stays so: a start would ask for room.</summary>
    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (step.Operation.Data<Plan>().Ran && driver.Power is { } power && (await driver.ObserveAsync(machine.Id, cancellation)).Power is ObservedPower.Paused)
            await power.ResumeAsync(machine.Id, cancellation);
        return StepOutcome.Done();
    }

    /// <param name="Ran">It ran when this was asked for, and was not paused.</param>
    /// <param name="Cause">Why this happens by itself; null when somebody asked for it.</param>
    internal sealed record Plan(bool Ran, EndCause? Cause = null);
}
