using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.start: switch it on, see it run. A suspended machine goes on where it stood, or stays suspended.</summary>
internal sealed class StartMachine : MachineWorkflow
{
    public const string Name = "machine.start";

    /// <summary>How much longer than another a start may take that reads a machine's memory from disk.</summary>
    public static readonly TimeSpan MemoryTakes = TimeSpan.FromMinutes(25);

    public StartMachine()
    {
        Step("look", 5, "Looking whether it is on", LookAsync);
        Step("start", 10, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("confirm", 60, "Looking whether it runs", async (step, c) => await ConfirmAsync(step, c) switch
        {
            Done done => done with { Message = step.Operation.Data<Plan>().Why },
            var other => other,
        });
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
            // Its memory is still there, unless that is what went wrong.
            if (plan.WasSuspended)
            {
                m.MoveTo(problem.Type == Problems.Prefix + MemoryGone ? MachineState.Stopped : MachineState.Suspended);
                m.Problem = cancelled ? null : problem;
                return;
            }

            // Cancelled: as if never asked for. What had failed may be gone from its host, and must not look whole.
            m.MoveTo(cancelled && !plan.HadFailed ? MachineState.Stopped : MachineState.Failed);
            m.Problem = cancelled ? plan.Problem : problem;
        }, cancellation);

    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var seen = await (await DriverAsync(step, machine, cancellation)).ObserveAsync(machine.Id, cancellation);
        var plan = step.Operation.Data<Plan>();
        // A boot is not what was asked for.
        if (plan.WasSuspended && seen.Power is ObservedPower.Off)
            return StepOutcome.Failed(Problems.Of(MemoryGone, 0, "Its memory is gone", $"The host does not have the memory any more that '{machine.Name}' was suspended with. Start it again, and it boots."));
        return StepOutcome.GoTo("start", data: plan with
        {
            WasOn = seen.Power is ObservedPower.On or ObservedPower.Paused or ObservedPower.Unknown,
            WasSuspended = seen.Power is ObservedPower.Suspended,
        });
    }

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        // Only what this has switched on is switched off again.
        if (step.Operation.Data<Plan>() is { WasOn: true }) return StepOutcome.Done();
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (!step.Operation.Data<Plan>().WasSuspended) await driver.KillAsync(machine.Id, cancellation);
        else if (driver.Suspend is { } suspend && (await driver.ObserveAsync(machine.Id, cancellation)).Power is ObservedPower.On or ObservedPower.Paused)
            await suspend.SuspendAsync(machine.Id, cancellation);
        return StepOutcome.Done();
    }

    /// <summary>Problem of a machine that was suspended, and whose host has nothing of that.</summary>
    private const string MemoryGone = "memory-gone";

    /// <param name="WasOn">It was on before: found by the first step, or known by whoever asked.</param>
    /// <param name="HadFailed">The machine was failed when this was asked for.</param>
    /// <param name="Problem">What its row said then.</param>
    /// <param name="WasSuspended">Its memory was on disk: known by whoever asked, then seen by the first step.</param>
    /// <param name="Why">Why this happens by itself, for people; null when somebody asked for it.</param>
    internal sealed record Plan(bool WasOn, bool HadFailed = false, Problem? Problem = null, bool WasSuspended = false, string? Why = null);
}
