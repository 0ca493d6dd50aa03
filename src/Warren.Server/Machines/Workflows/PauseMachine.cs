using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>machine.pause: halt its CPUs; its memory stays.</summary>
internal sealed class PauseMachine : MachineWorkflow
{
    public const string Name = "machine.pause";

    public PauseMachine() => Step("pause", 10, "Halting its CPUs", (step, c) => TurnAsync(step, pause: true, c));

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    /// <summary>Step: brings it into the one state or the other.</summary>
    public static async Task<StepOutcome> TurnAsync(StepContext step, bool pause, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Power is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be paused."));
        var wanted = pause ? ObservedPower.Paused : ObservedPower.On;
        if ((await driver.ObserveAsync(machine.Id, cancellation)).Power != wanted)
        {
            if (pause) await driver.Power.PauseAsync(machine.Id, cancellation);
            else await driver.Power.ResumeAsync(machine.Id, cancellation);
        }

        return StepOutcome.Done((db, c) => ChangeAsync(db, machine.Id, m => m.MoveTo(pause ? MachineState.Paused : MachineState.Running), c));
    }
}

/// <summary>machine.resume: let its CPUs run again.</summary>
internal sealed class ResumeMachine : MachineWorkflow
{
    public const string Name = "machine.resume";

    public ResumeMachine() => Step("resume", 10, "Letting its CPUs run", (step, c) => PauseMachine.TurnAsync(step, pause: false, c));

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);
}
