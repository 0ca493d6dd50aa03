using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>
/// machine.launch-golden: from a warm golden image a fork that is given an identity of its own, from one of disks a copy that boots with
/// a seed of its own; then see it run.
/// </summary>
internal sealed class LaunchGolden : MachineWorkflow
{
    public const string Name = "machine.launch-golden";

    private readonly PortRelease _ports;

    public LaunchGolden(PortRelease ports)
    {
        _ports = ports;
        Step("make", 5, "Making it from the golden image", MakeAsync);
        Step("start", 60, "Switching it on", (step, c) => StartAsync(step, "confirm", c));
        Step("renew", 70, "Giving it an identity of its own", RenewAsync);
        Step("confirm", 95, "Looking whether it runs", ConfirmAndCountAsync);
        UndoStep("undo", "Taking back what was made", TakeBackAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(2);

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => NotMadeAsync(db, _ports, operation.SubjectId, problem, cancelled, cancellation);

    private static async Task<StepOutcome> MakeAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        var golden = await step.Db.GoldenImages.AsNoTracking().SingleOrDefaultAsync(g => g.Id == machine.GoldenImageId, cancellation);
        if (golden is null) return StepOutcome.Failed(Problems.NotFound("The golden image is gone."));
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation);
        if (golden.Kind == GoldenImageKind.Warm)
        {
            if (driver.Forks is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be forked."));
            await driver.Forks.ForkAsync(golden.Id, definition, cancellation);
            var until = step.Get<TimeProvider>().GetUtcNow().AddSeconds(step.Get<MachineOptions>().AgentPatienceSeconds);
            return StepOutcome.GoTo("renew", StartingAsync, step.Operation.Data<Plan>() with { Until = until });
        }

        if (driver.Clones is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be cloned."));
        var progress = new Progress<double>(part => step.Progress.Report(new StepProgress(5 + (int)(part * 55))));
        await driver.Clones.CloneAsync(golden.Id, definition, progress, cancellation);
        if (machine.Wanted == WantedPower.On) return StepOutcome.GoTo("start", StartingAsync);
        return StepOutcome.Done(async (db, c) =>
        {
            await ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Stopped), c);
            await CountAsync(db, machine, c);
        });

        Task StartingAsync(WarrenDb db, CancellationToken c) => ChangeAsync(db, machine.Id, m => m.MoveTo(MachineState.Starting), c);
    }

    private static async Task<StepOutcome> RenewAsync(StepContext step, CancellationToken cancellation)
    {
        var (machine, plan) = (await MachineAsync(step, cancellation), step.Operation.Data<Plan>());
        var driver = await DriverAsync(step, machine, cancellation);
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation);
        var identity = new ForkIdentity(await UserAsync(step.Db, machine.ImageId, cancellation), plan.Keys, plan.FirstBoot);
        try
        {
            await driver.Forks!.RenewAsync(definition, identity, cancellation);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable && step.Get<TimeProvider>().GetUtcNow() > plan.Until)
        {
            return StepOutcome.Failed(Problems.From(e));
        }

        return StepOutcome.GoTo("confirm");
    }

    private static async Task<StepOutcome> ConfirmAndCountAsync(StepContext step, CancellationToken cancellation)
    {
        var outcome = await ConfirmAsync(step, cancellation);
        if (outcome is not Done) return outcome;
        var machine = await MachineAsync(step, cancellation);
        return outcome with
        {
            Commit = async (db, c) =>
            {
                await outcome.Commit!(db, c);
                await CountAsync(db, machine, c);
            },
        };
    }

    /// <summary>Beside the row's version: launches at the same moment need not wait for each other.</summary>
    private static Task<int> CountAsync(WarrenDb db, MachineRow machine, CancellationToken cancellation)
        => db.GoldenImages.Where(g => g.Id == machine.GoldenImageId).ExecuteUpdateAsync(set => set.SetProperty(g => g.MachinesMade, g => g.MachinesMade + 1), cancellation);

    /// <summary>What the request asked for beyond the row.</summary>
    internal sealed record Plan
    {
        public IReadOnlyList<string> Keys { get; init; } = [];
        public string? FirstBoot { get; init; }

        /// <summary>How long the agent is waited for.</summary>
        public DateTimeOffset? Until { get; init; }
    }
}
