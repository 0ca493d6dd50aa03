using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden.Workflows;

/// <summary>
/// The steps that freeze a machine, and their way back. Disks are copied of a machine that is off: one that runs is shut down for
/// that and started again. Its row says stopping and starting meanwhile, which keeps its memory promised to it.
/// </summary>
internal abstract class GoldenWorkflow : Workflow
{
    protected static readonly TimeSpan Look = TimeSpan.FromMilliseconds(300);

    public override TimeSpan Deadline => TimeSpan.FromHours(2);

    /// <summary>Declares the steps from "stop" to the end.</summary>
    protected void FreezeSteps()
    {
        Step("stop", 40, "Looking whether it is on", StopAsync);
        Step("ask", 42, "Asking the guest to shut down", AskAsync);
        Step("off", 45, "Waiting for the guest", OffAsync);
        Step("freeze", 55, "Freezing it", FreezeAsync);
        Step("restart", 95, "Switching the machine on again", RestartAsync);
        UndoStep("undo", "Taking back what was made", UndoAsync);
    }

    protected static Task<GoldenImageRow> GoldenAsync(StepContext step, CancellationToken cancellation)
        => step.Db.GoldenImages.AsNoTracking().SingleAsync(g => g.Id == step.SubjectId, cancellation);

    protected static async Task<MachineRow> MachineAsync(StepContext step, GoldenImageRow golden, CancellationToken cancellation)
        => await step.Db.Machines.AsNoTracking().SingleOrDefaultAsync(m => m.Id == golden.MachineId, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"The machine '{golden.MachineName}' is gone."));

    protected static ValueTask<IHypervisor> DriverAsync(StepContext step, GoldenImageRow golden, CancellationToken cancellation)
        => step.Get<HostDirectory>().DriverAsync(golden.Host, cancellation);

    protected static async Task ChangeAsync(WarrenDb db, string id, Action<GoldenImageRow> change, CancellationToken cancellation)
    {
        if (await db.GoldenImages.SingleOrDefaultAsync(g => g.Id == id, cancellation) is { } row) change(row);
    }

    protected static async Task ChangeMachineAsync(WarrenDb db, string id, Action<MachineRow> change, CancellationToken cancellation)
    {
        if (await db.Machines.SingleOrDefaultAsync(m => m.Id == id, cancellation) is { } row) change(row);
    }

    /// <summary>Forks are renewed by the agent, so that a guest without one is refused before it is frozen. Null: its agent answers.</summary>
    protected static async Task<StepOutcome?> WithoutAgentAsync(StepContext step, GoldenImageRow golden, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, golden, cancellation);
        var driver = await DriverAsync(step, golden, cancellation);
        if (driver.Guest is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines have no guest agent, which prepares and renews."));
        var seen = await driver.ObserveAsync(machine.Id, cancellation);
        if (seen.Power is not ObservedPower.On) return StepOutcome.Failed(Problems.IllegalState($"'{machine.Name}' does not run any more."));
        if (await driver.Guest.PingAsync(machine.Id, cancellation)) return null;
        var now = step.Get<TimeProvider>().GetUtcNow();
        var until = step.Operation.Data<GoldenPlan>().Until ?? now.AddSeconds(step.Get<MachineOptions>().AgentPatienceSeconds);
        return now < until ? StepOutcome.Again(Look, "Waiting for the guest's agent", data: new GoldenPlan { Until = until })
            : StepOutcome.Failed(Problems.Unsupported("The guest's agent does not answer, and without it machines can be neither prepared nor renewed. Install qemu-guest-agent in it."));
    }

    /// <summary>What was switched off for this is looked at again: the next look tells how it is.</summary>
    protected static Task ReleaseMachineAsync(WarrenDb db, GoldenImageRow golden, CancellationToken cancellation) => ChangeMachineAsync(db, golden.MachineId, m =>
    {
        if (m.State is MachineState.Stopping or MachineState.Starting) m.MoveTo(MachineState.Unknown);
    }, cancellation);

    private static async Task<StepOutcome> StopAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        if (golden.Kind == GoldenImageKind.Warm) return StepOutcome.GoTo("freeze");
        var machine = await MachineAsync(step, golden, cancellation);
        var seen = await (await DriverAsync(step, golden, cancellation)).ObserveAsync(machine.Id, cancellation);
        if (seen.Power is ObservedPower.Off) return StepOutcome.GoTo("freeze");
        if (seen.Power is not ObservedPower.On) return StepOutcome.Failed(Problems.IllegalState($"'{machine.Name}' is {seen.Power.ToString().ToLowerInvariant()} on its host."));
        var until = step.Get<TimeProvider>().GetUtcNow().AddSeconds(step.Get<MachineOptions>().StopGraceSeconds);
        return StepOutcome.GoTo("ask", (db, c) => ChangeMachineAsync(db, machine.Id, m => m.MoveTo(MachineState.Stopping), c), new GoldenPlan { WasOn = true, Until = until });
    }

    private static async Task<StepOutcome> AskAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        await (await DriverAsync(step, golden, cancellation)).StopAsync(golden.MachineId, cancellation);
        return StepOutcome.GoTo("off");
    }

    /// <summary>The plug is not pulled: the disk of a machine that is torn off is no start for others.</summary>
    private static async Task<StepOutcome> OffAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var seen = await (await DriverAsync(step, golden, cancellation)).ObserveAsync(golden.MachineId, cancellation);
        if (seen.Power is ObservedPower.Off) return StepOutcome.GoTo("freeze");
        var left = step.Operation.Data<GoldenPlan>().Until - step.Get<TimeProvider>().GetUtcNow();
        return left > TimeSpan.Zero ? StepOutcome.Again(Look, $"Waiting for the guest, {left.Value.TotalSeconds:0} s left")
            : StepOutcome.Failed(Problems.IllegalState($"'{golden.MachineName}' has not shut down in time. Stop it yourself, and try again."));
    }

    private static async Task<StepOutcome> FreezeAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var machine = await MachineAsync(step, golden, cancellation);
        var driver = await DriverAsync(step, golden, cancellation);
        if (golden.Kind == GoldenImageKind.Warm)
        {
            if (driver.Forks is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be forked."));
            await driver.Forks.FreezeAsync(machine.Id, golden.Id, cancellation);
        }
        else
        {
            if (driver.Clones is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be cloned."));
            // The carrier: never started, in no list of machines. It has nothing that only one may hold.
            var carrier = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation) with
            {
                Id = golden.Id, Name = golden.Name, Forwards = [], MacAddress = MacAddresses.New(),
            };
            var progress = new Progress<double>(part => step.Progress.Report(new StepProgress(55 + (int)(part * 40))));
            await driver.Clones.CloneAsync(machine.Id, carrier, progress, cancellation);
        }

        if (step.Operation.Data<GoldenPlan>().WasOn) return StepOutcome.GoTo("restart", (db, c) => ChangeMachineAsync(db, machine.Id, m => m.MoveTo(MachineState.Starting), c));
        var now = step.Get<TimeProvider>().GetUtcNow();
        return StepOutcome.Done((db, c) => ReadyAsync(db, golden.Id, now, c));
    }

    /// <summary>A machine that does not start again takes no ready image back.</summary>
    private static async Task<StepOutcome> RestartAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var machine = await MachineAsync(step, golden, cancellation);
        Problem? problem = null;
        try
        {
            await (await DriverAsync(step, golden, cancellation)).StartAsync(await step.Get<MachineDefinitions>().OfAsync(machine, cancellation), cancellation);
        }
        catch (HypervisorException e) when (e.Kind is not (HypervisorErrorKind.Busy or HypervisorErrorKind.Unreachable))
        {
            problem = Problems.From(e);
        }

        var now = step.Get<TimeProvider>().GetUtcNow();
        return StepOutcome.Done(async (db, c) =>
        {
            await ReadyAsync(db, golden.Id, now, c);
            await ChangeMachineAsync(db, machine.Id, m =>
            {
                m.MoveTo(problem is null ? MachineState.Running : MachineState.Failed);
                m.Problem = problem;
            }, c);
        });
    }

    private static Task ReadyAsync(WarrenDb db, string id, DateTimeOffset now, CancellationToken cancellation) => ChangeAsync(db, id, g =>
    {
        g.MoveTo(GoldenImageState.Ready);
        g.ReadyAt = now;
        g.Problem = null;
    }, cancellation);

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var driver = await DriverAsync(step, golden, cancellation);
        await RemoveAsync(driver, golden, cancellation);
        if (step.Operation.Data<GoldenPlan>().WasOn && await step.Db.Machines.AsNoTracking().SingleOrDefaultAsync(m => m.Id == golden.MachineId, cancellation) is { } machine)
            await driver.StartAsync(await step.Get<MachineDefinitions>().OfAsync(machine, cancellation), cancellation);
        return StepOutcome.Done();
    }

    /// <summary>Removes what its host has of it.</summary>
    protected static async Task RemoveAsync(IHypervisor driver, GoldenImageRow golden, CancellationToken cancellation)
    {
        if (golden.Kind == GoldenImageKind.Disk) await driver.DeleteAsync(golden.Id, cancellation);
        else if (driver.Forks is not null) await driver.Forks.DeleteAsync(golden.Id, cancellation);
    }
}

/// <summary>What the steps tell each other.</summary>
internal sealed record GoldenPlan
{
    /// <summary>The machine ran and was asked to shut down.</summary>
    public bool WasOn { get; init; }

    /// <summary>How long is waited, for the agent or for the guest's shutdown.</summary>
    public DateTimeOffset? Until { get; init; }
}
