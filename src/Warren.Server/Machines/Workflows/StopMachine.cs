using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.stop: ask the guest, wait for its grace period, then pull the plug.</summary>
internal sealed class StopMachine : MachineWorkflow
{
    public const string Name = "machine.stop";

    public StopMachine()
    {
        Step("ask", 5, "Asking the guest to shut down", (step, c) => AskAsync(step, "wait", c));
        Step("wait", 20, "Waiting for the guest", (step, c) => WaitAsync(step, "kill", c));
        Step("kill", 80, "Switching it off", (step, c) => KillAsync(step, null, c));
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(75);

    /// <summary>A cancelled or failed stop leaves the machine as it is; the next look tells what that is.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, m =>
        {
            if (m.State == MachineState.Stopping) m.MoveTo(MachineState.Unknown);
            if (m.State != MachineState.Suspended) m.Wanted = WantedPower.On;
            m.Problem = cancelled ? null : problem;
            if (operation.Data<Plan>().Cause is { } cause) m.EndFailed(cause, cancelled, operation.EndedAt!.Value);
        }, cancellation);

    /// <summary>Step: asks, unless the plug is to be pulled at once.</summary>
    public static async Task<StepOutcome> AskAsync(StepContext step, string next, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        var seen = await driver.ObserveAsync(machine.Id, cancellation);
        if (step.Operation.Data<Plan>().Ask && seen.Power is ObservedPower.On) await driver.StopAsync(machine.Id, cancellation);
        return StepOutcome.GoTo(next);
    }

    /// <summary>Step: waits for the guest until its time is over.</summary>
    public static async Task<StepOutcome> WaitAsync(StepContext step, string next, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var seen = await (await DriverAsync(step, machine, cancellation)).ObserveAsync(machine.Id, cancellation);
        var left = step.Operation.Data<Plan>().Until - step.Get<TimeProvider>().GetUtcNow();
        return seen.Power is ObservedPower.Off or ObservedPower.Suspended or ObservedPower.Missing || left <= TimeSpan.Zero
            ? StepOutcome.GoTo(next)
            : StepOutcome.Again(Look, $"Waiting for the guest, {left.TotalSeconds:0} s left");
    }

    /// <summary>Step: makes sure that it is off. Then the named step, or the end.</summary>
    public static async Task<StepOutcome> KillAsync(StepContext step, string? next, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        await (await DriverAsync(step, machine, cancellation)).KillAsync(machine.Id, cancellation);
        if (next is not null) return StepOutcome.GoTo(next, (db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Starting), c));
        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m =>
        {
            if (m.State != MachineState.Failed) m.MoveTo(MachineState.Stopped);
        }, c), step.Operation.Data<Plan>().Why);
    }

    /// <summary>When the guest's time is over, and whether it is asked at all.</summary>
    /// <param name="Until">When its time is over.</param>
    /// <param name="Ask">Whether it is asked.</param>
    /// <param name="Cause">Why this happens by itself; null when somebody asked for it.</param>
    /// <param name="Why">The same for people.</param>
    internal sealed record Plan(DateTimeOffset Until, bool Ask, EndCause? Cause = null, string? Why = null);
}
