using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Workflows;

/// <summary>
/// machine.migrate: move a running machine to another host. Each step first looks where the machine is, so a server that
/// died half-way finishes what was begun; whatever happens, the row ends up naming the host that has it.
/// </summary>
internal sealed class MigrateMachine : MachineWorkflow
{
    public const string Name = "machine.migrate";

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    public MigrateMachine()
    {
        Step("check", 2, "Looking at both hosts", CheckAsync);
        Step("move", 10, "Moving it", MoveAsync);
        Step("settle", 95, "Looking whether it runs there", SettleAsync);
        UndoStep("look", "Looking where it is", LookAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(2);

    private static async Task<StepOutcome> CheckAsync(StepContext step, CancellationToken cancellation)
    {
        var (from, to) = await WhereAsync(step, cancellation);
        if (HasMoved(from, to)) return StepOutcome.GoTo("settle");
        return from is ObservedPower.On ? StepOutcome.GoTo("move")
            : StepOutcome.Failed(Problems.IllegalState($"The machine is {from.ToString().ToLowerInvariant()} on '{Plan(step).From}'; only a running one moves."));
    }

    private static async Task<StepOutcome> MoveAsync(StepContext step, CancellationToken cancellation)
    {
        var (from, to) = await WhereAsync(step, cancellation);
        if (HasMoved(from, to)) return StepOutcome.GoTo("settle");
        if (IsUnderWay(from, to)) return StepOutcome.Again(Wait);
        var plan = Plan(step);
        var hosts = step.Get<HostDirectory>();
        var source = await hosts.DriverAsync(plan.From, cancellation);
        if (source.Migration is null) return StepOutcome.Failed(Problems.Unsupported($"{source.Kind} machines cannot be moved while they run."));
        var machine = await MachineAsync(step, cancellation);
        var definition = await step.Get<MachineDefinitions>().OfAsync(machine, cancellation, plan.To);
        var progress = new Progress<double>(part => step.Progress.Report(new StepProgress(10 + (int)(part * 85))));
        await source.Migration.MigrateAsync(definition, await hosts.DriverAsync(plan.To, cancellation), progress, cancellation);
        return StepOutcome.GoTo("settle");
    }

    private static async Task<StepOutcome> SettleAsync(StepContext step, CancellationToken cancellation)
    {
        var plan = Plan(step);
        var seen = await (await step.Get<HostDirectory>().DriverAsync(plan.To, cancellation)).ObserveAsync(step.SubjectId, cancellation);
        // A guest that has switched itself off since is there, too; the next look at it tells so.
        return seen.Power is ObservedPower.On or ObservedPower.Off ? StepOutcome.Done((db, c) => MovedAsync(db, step.SubjectId, plan, c))
            : seen.Power is not ObservedPower.Missing ? StepOutcome.Again(Look)
            : StepOutcome.Failed(Problems.Of("hypervisor", 0, "It was moved and is not there", $"'{plan.From}' gave it away, and '{plan.To}' does not have it."));
    }

    /// <summary>
    /// Undo: nothing is moved back; the row is made to say where it is. While both hosts have it, the hosts themselves are
    /// still at it: a move between peers outlives the server that asked for it.
    /// </summary>
    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var plan = Plan(step);
        var (from, to) = await WhereAsync(step, cancellation);
        if (IsUnderWay(from, to) && step.Get<TimeProvider>().GetUtcNow() <= step.Operation.Deadline) return StepOutcome.Again(Wait);
        return HasMoved(from, to)
            ? StepOutcome.Done((db, c) => MovedAsync(db, step.SubjectId, plan, c))
            : StepOutcome.Done((db, c) => StayedAsync(db, step.SubjectId, plan, c));
    }

    /// <summary>When even that could not be found out, it counts as where it was; the next look tells more.</summary>
    public override Task OnEndedBadlyAsync(
        WarrenDb db, OperationRow operation, Contracts.Problem problem, bool cancelled, CancellationToken cancellation)
        => operation.Step == "look" && operation.Attempts > 0 ? StayedAsync(db, operation.SubjectId, operation.Data<Route>(), cancellation) : Task.CompletedTask;

    private static async Task<(ObservedPower From, ObservedPower To)> WhereAsync(StepContext step, CancellationToken cancellation)
    {
        var (hosts, plan) = (step.Get<HostDirectory>(), Plan(step));
        var from = await (await hosts.DriverAsync(plan.From, cancellation)).ObserveAsync(step.SubjectId, cancellation);
        var to = await (await hosts.DriverAsync(plan.To, cancellation)).ObserveAsync(step.SubjectId, cancellation);
        return (from.Power, to.Power);
    }

    private static async Task MovedAsync(WarrenDb db, string id, Route plan, CancellationToken cancellation)
    {
        await ForgetPortsAsync(db, id, plan.From, cancellation);
        await ChangeAsync(db, id, m =>
        {
            (m.Host, m.MovingTo, m.ProcessId) = (plan.To, null, null);
            m.Placement = new Contracts.Placement { Host = plan.To, Why = $"It was moved there from '{plan.From}'." };
        }, cancellation);
    }

    private static async Task StayedAsync(WarrenDb db, string id, Route plan, CancellationToken cancellation)
    {
        await ForgetPortsAsync(db, id, plan.To, cancellation);
        await ChangeAsync(db, id, m => m.MovingTo = null, cancellation);
    }

    private static async Task ForgetPortsAsync(WarrenDb db, string id, string host, CancellationToken cancellation)
        => db.PortForwards.RemoveRange(await db.PortForwards.Where(f => f.MachineId == id && f.Host == host).ToListAsync(cancellation));

    /// <summary>The one host has let go of it, and the other has it, in whatever state.</summary>
    private static bool HasMoved(ObservedPower from, ObservedPower to) => from is ObservedPower.Missing && to is not ObservedPower.Missing;

    /// <summary>Both have it, and where it goes to it is more than files.</summary>
    private static bool IsUnderWay(ObservedPower from, ObservedPower to)
        => from is not ObservedPower.Missing && to is (ObservedPower.On or ObservedPower.Paused or ObservedPower.Unknown);

    private static Route Plan(StepContext step) => step.Operation.Data<Route>();

    /// <summary>From where to where.</summary>
    internal sealed record Route(string From, string To);
}
