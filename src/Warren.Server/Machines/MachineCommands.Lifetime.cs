using Warren.Contracts;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>When and by what a machine ends by itself.</summary>
internal sealed partial class MachineCommands
{
    /// <summary>Changes when and by what it ends by itself; the caller saves.</summary>
    public async Task EditLifetimeAsync(MachineRow machine, EditMachineRequest request, CancellationToken cancellation)
    {
        var check = new Check();
        Lifetimes.Check(check, request, machine);
        check.Throw();
        DemandOwnLife(machine);
        foreach (var (capability, verb) in Lifetimes.Needs(request.Idle, request.TtlAction, request.Unwatched)) await DemandCapabilityAsync(machine.Host, capability, verb, cancellation);
        if (request.TtlSeconds is { } ttl) machine.LiveFor(ttl, clock.GetUtcNow());
        machine.TtlAction = request.TtlAction ?? machine.TtlAction;
        if (request.Idle is { } idle) machine.SetIdle(idle);
        if (request.Unwatched is { } unwatched) machine.SetUnwatched(unwatched);
    }

    /// <summary>Changes whether its screen is recorded; the caller saves.</summary>
    public async Task RecordScreenAsync(MachineRow machine, bool record, CancellationToken cancellation)
    {
        if (record) await DemandCapabilityAsync(machine.Host, "screen", "show a machine's screen", cancellation);
        machine.RecordScreen = record;
    }

    /// <summary>Puts off what would happen to it by itself.</summary>
    public Task<MachineRow> KeepAsync(MachineRow machine, KeepRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        if (request.TtlSeconds is not null) await EditLifetimeAsync(machine, new EditMachineRequest { TtlSeconds = request.TtlSeconds }, cancellation);
        else if (machine is { ExpiresAt: null, IdleAfterSeconds: null, UnwatchedAfterSeconds: null }) throw new RefusedException(Problems.IllegalState($"Nothing ends '{machine.Name}' by itself."));
        DemandOwnLife(machine);
        var now = clock.GetUtcNow();
        if (request.TtlSeconds is null && machine is { ExpiresAt: not null, TtlSeconds: { } again }) machine.LiveFor(again, now);
        if (machine is { IdleAfterSeconds: not null, LastActiveAt: not null }) machine.Used(now);
        machine.UnwatchedDueAt = null;
        await db.SaveChangesAsync(cancellation);
        return machine;
    }, cancellation);

    /// <summary>
    /// Does what was to happen to it by itself, as the ordinary operation. The one place where a <see cref="LifeAction"/> becomes one.
    /// </summary>
    /// <param name="machine">The machine, as it was read by the caller: another replica that has done it comes first or fails.</param>
    /// <param name="cause">Why.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="RefusedException">It cannot be done now.</exception>
    public Task<bool> EndAsync(MachineRow machine, EndCause cause, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        var action = cause switch { EndCause.Expiry => machine.TtlAction, EndCause.Unwatched => machine.UnwatchedAction, _ => machine.IdleAction } ?? LifeAction.Stop;
        var why = Lifetimes.Why(cause, machine);
        (machine.IdleDueAt, machine.UnwatchedDueAt) = (null, null);
        // It happens once: a machine that is started again lives on.
        if (cause == EndCause.Expiry && action != LifeAction.Delete) (machine.ExpiresAt, machine.ExpiryWarnedFor) = (null, null);
        switch (action)
        {
            case LifeAction.Delete:
                // From now on its time is over, so that a deletion that fails is asked for again.
                if (cause != EndCause.Expiry) (machine.ExpiresAt, machine.TtlAction) = (clock.GetUtcNow(), LifeAction.Delete);
                await DeleteAsync(machine, cancellation, why);
                break;
            case var _ when machine.IsAlready(action):
                await db.SaveChangesAsync(cancellation);
                break;
            case LifeAction.Stop:
                await StopAsync(machine, new StopRequest(), cancellation, (cause, why));
                break;
            case LifeAction.Suspend:
                await SuspendAsync(machine, cancellation, (cause, why));
                break;
            default:
                throw new InvalidOperationException($"The action {action} is not known.");
        }

        return true;
    }, cancellation);

    /// <summary>A machine of a pool is ruled by its lease, and a spare by its pool.</summary>
    private static void DemandOwnLife(MachineRow machine)
    {
        if (machine.State == MachineState.Deleting) throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is being deleted."));
        if (machine.PoolPlace == PoolPlace.Lent) throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is lent by a pool and lives as long as its lease. Renew that."));
        if (machine.PoolId is not null) throw new RefusedException(Problems.IllegalState($"'{machine.Name}' belongs to a pool, which says how long it lives."));
    }
}
