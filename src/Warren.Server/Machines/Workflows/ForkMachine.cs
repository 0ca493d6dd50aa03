using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Networks;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>
/// machine.fork: freeze a running machine as a warm image, make machines of it side by side, each with an identity of its own, and
/// remove the image. One that cannot be made says why in its row, and the others stay; none at all is a failure.
/// </summary>
internal sealed class ForkMachine : MachineWorkflow
{
    public const string Name = "machine.fork";

    /// <summary>Forks of one operation that are made side by side.</summary>
    private const int Parallel = 8;

    /// <summary>Forks that the driver may prepare while the machine is being frozen. More would take the CPUs from what the machine stands still for.</summary>
    private const int Ahead = 2;

    private readonly PortRelease _ports;
    private readonly TimeProvider _clock;

    public ForkMachine(PortRelease ports, TimeProvider clock)
    {
        (_ports, _clock) = (ports, clock);
        Step("freeze", 5, "Freezing it", FreezeAsync);
        Step("fork", 30, "Making the forks", ForkAsync);
        Step("clean", 95, "Removing the frozen image", CleanAsync);
        UndoStep("undo", "Taking back what was made", UndoAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(30);

    /// <summary>As if never asked for; the operation says why.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        var ids = operation.Data<ForkPlan>().Parts.Select(p => p.Id).ToList();
        // What somebody asked of a fork meanwhile has nothing left to be done to, but for its deletion.
        foreach (var other in await db.Operations.Where(o => o.Live && ids.Contains(o.SubjectId) && o.Kind != DeleteMachine.Name).ToListAsync(cancellation))
            OperationQueue.End(other, OperationStatus.Cancelled, Problems.Superseded("The taking back of its fork"), _clock);
        foreach (var row in await db.Machines.Where(m => ids.Contains(m.Id) && m.State != MachineState.Deleting).ToListAsync(cancellation))
        {
            await _ports.ReleaseAsync(db, row.Id, cancellation);
            db.Machines.Remove(row);
        }
    }

    private static async Task<StepOutcome> FreezeAsync(StepContext step, CancellationToken cancellation)
    {
        var machine = await MachineAsync(step, cancellation);
        var driver = await DriverAsync(step, machine, cancellation);
        if (driver.Forks is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines cannot be forked."));
        var plan = step.Operation.Data<ForkPlan>();
        await driver.Forks.FreezeAsync(machine.Id, plan.WarmImageId, await DefinitionsAsync(step, [.. plan.Parts.Take(Ahead).Select(p => p.Id)], cancellation), cancellation);
        // So long the host may be busy, or a fork's agent silent.
        return StepOutcome.GoTo("fork", data: plan with { Until = step.Get<TimeProvider>().GetUtcNow().AddSeconds(step.Get<MachineOptions>().AgentPatienceSeconds) });
    }

    private async Task<StepOutcome> ForkAsync(StepContext step, CancellationToken cancellation)
    {
        var (machine, plan) = (await MachineAsync(step, cancellation), step.Operation.Data<ForkPlan>());
        var driver = await DriverAsync(step, machine, cancellation);
        var identity = new ForkIdentity(await UserAsync(step.Db, machine.ImageId, cancellation), plan.Keys, plan.FirstBoot);
        var definitions = (await DefinitionsAsync(step, [.. plan.Parts.Where(p => !p.Settled).Select(p => p.Id)], cancellation)).ToDictionary(d => d.Id, StringComparer.Ordinal);
        var (late, after) = (_clock.GetUtcNow() > plan.Until, new ConcurrentDictionary<string, ForkPart>(StringComparer.Ordinal));
        await System.Threading.Tasks.Parallel.ForEachAsync(plan.Parts.Where(p => !p.Settled), new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation },
            async (part, c) => after[part.Id] = await MakeAsync(driver, plan.WarmImageId, part, definitions[part.Id], identity, late, c));

        var settled = after.Values.Where(p => p.Settled).ToList();
        plan = plan with { Parts = [.. plan.Parts.Select(p => after.GetValueOrDefault(p.Id, p))] };
        var (ready, made) = (plan.Parts.Count(p => p.Settled), plan.Parts.Count(p => p is { Settled: true, Problem: null }));
        if (ready == plan.Parts.Count && made == 0) return StepOutcome.Failed(plan.Parts[0].Problem! with { Detail = plan.Told });
        var outcome = ready == plan.Parts.Count ? StepOutcome.GoTo("clean", data: plan)
            : StepOutcome.Again(Look, $"{made} of {plan.Parts.Count} run", 30 + (60 * ready / plan.Parts.Count), plan);
        return outcome with { Commit = (db, c) => SettleAsync(db, settled, c) };
    }

    private static async Task<List<MachineDefinition>> DefinitionsAsync(StepContext step, List<string> ids, CancellationToken cancellation)
    {
        var definitions = new List<MachineDefinition>(ids.Count);
        foreach (var row in await step.Db.Machines.AsNoTracking().Where(m => ids.Contains(m.Id)).ToListAsync(cancellation))
            definitions.Add(await step.Get<MachineDefinitions>().OfAsync(row, cancellation));
        return definitions;
    }

    /// <summary>One fork, as far as it comes now. What cannot be made leaves nothing on the host.</summary>
    private static async Task<ForkPart> MakeAsync(
        IHypervisor driver, string warm, ForkPart part, MachineDefinition definition, ForkIdentity identity, bool late, CancellationToken cancellation)
    {
        try
        {
            if (part.Problem is null)
            {
                await driver.Forks!.ForkAsync(warm, definition, cancellation);
                await driver.Forks.RenewAsync(definition, identity, cancellation);
                var seen = await driver.ObserveAsync(part.Id, cancellation);
                if (seen.Power is not (ObservedPower.Off or ObservedPower.Missing)) return part with { Settled = true };
                part = part with { Problem = Problems.Of("hypervisor", 0, "The machine went off at once", seen.Detail ?? "The hypervisor does not say why.") };
            }
        }
        catch (HypervisorException e) when (!late && e.Kind is HypervisorErrorKind.Busy or HypervisorErrorKind.Unreachable)
        {
            return part;
        }
        catch (HypervisorException e)
        {
            part = part with { Problem = Problems.From(e) };
        }

        try
        {
            await driver.DeleteAsync(part.Id, cancellation);
        }
        catch (HypervisorException) when (!late)
        {
            return part;
        }
        catch (HypervisorException)
        {
            // Its row stays, and its deletion will try again.
        }

        return part with { Settled = true };
    }

    private async Task SettleAsync(WarrenDb db, IReadOnlyList<ForkPart> parts, CancellationToken cancellation)
    {
        foreach (var part in parts)
        {
            if (part.Problem is not null) await _ports.ReleaseAsync(db, part.Id, cancellation);
            await ChangeAsync(db, part.Id, m =>
            {
                if (part.Problem is not null)
                {
                    m.NeverMade(part.Problem);
                    return;
                }

                m.MoveTo(MachineState.Starting);
                m.MoveTo(MachineState.Running);
                m.Readiness = Ladder.Climb(m.Readiness, ReadinessRung.Process, _clock.GetUtcNow());
            }, cancellation);
        }
    }

    /// <summary>The forks are there: an image that cannot be removed is no reason to take them back, and is looked for again as a leftover.</summary>
    private static async Task<StepOutcome> CleanAsync(StepContext step, CancellationToken cancellation)
    {
        var (machine, plan) = (await MachineAsync(step, cancellation), step.Operation.Data<ForkPlan>());
        try
        {
            await (await DriverAsync(step, machine, cancellation)).Forks!.DeleteAsync(plan.WarmImageId, cancellation);
        }
        catch (HypervisorException e) when (e.Kind is not (HypervisorErrorKind.Busy or HypervisorErrorKind.Unreachable) || step.Get<TimeProvider>().GetUtcNow() > plan.Until)
        {
            // See above.
        }

        return StepOutcome.Done(message: plan.Told);
    }

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var (machine, plan) = (await MachineAsync(step, cancellation), step.Operation.Data<ForkPlan>());
        var driver = await DriverAsync(step, machine, cancellation);
        await System.Threading.Tasks.Parallel.ForEachAsync(plan.Parts, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellation },
            async (part, c) => await driver.DeleteAsync(part.Id, c));
        if (driver.Forks is not null) await driver.Forks.DeleteAsync(plan.WarmImageId, cancellation);
        return StepOutcome.Done();
    }
}
