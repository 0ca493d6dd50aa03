using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Pools;

/// <summary>What can be asked of a lease that lives.</summary>
internal sealed class LeaseCommands(WarrenDb db, Caller caller, MachineCommands machines, TimeProvider clock)
{
    /// <summary>A lease by its id, or the one that a machine is or was lent by.</summary>
    /// <exception cref="RefusedException">There is none, or it may not be seen.</exception>
    public async Task<LeaseRow> FindAsync(string lease, CancellationToken cancellation)
        => caller.Saw(await caller.Visible(db.Leases).Where(l => l.Id == lease || l.MachineId == lease || l.MachineName == lease)
            .OrderBy(l => l.EndedAt == null ? 0 : 1).ThenByDescending(l => l.Id).FirstOrDefaultAsync(cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no lease '{lease}'.")));

    /// <summary>Lets it, and its machine, last until then.</summary>
    public Task<LeaseRow> RenewAsync(LeaseRow lease, RenewRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        DemandAlive(lease);
        var pool = await db.Pools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == lease.PoolId, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"Pool '{lease.PoolName}' was deleted."));
        lease.ExpiresAt = clock.GetUtcNow().AddSeconds(PoolRules.Ttl(pool, request.TtlSeconds));
        // The machine's version decides a race with its expiry.
        var machine = await db.Machines.SingleOrDefaultAsync(m => m.Id == lease.MachineId, cancellation);
        if (machine?.PoolPlace != PoolPlace.Lent) throw new RefusedException(Ended(lease));
        (machine.ExpiresAt, machine.TtlSeconds) = (lease.ExpiresAt, PoolRules.Ttl(pool, request.TtlSeconds));
        await db.SaveChangesAsync(cancellation);
        return lease;
    }, cancellation);

    /// <summary>Ends it: the machine is deleted with all it holds, never used again.</summary>
    public Task<OperationRow> ReleaseAsync(LeaseRow lease, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        DemandAlive(lease);
        var machine = await db.Machines.SingleOrDefaultAsync(m => m.Id == lease.MachineId, cancellation) ?? throw new RefusedException(Ended(lease));
        return await machines.DeleteAsync(machine, cancellation);
    }, cancellation);

    /// <summary>
    /// What the deletion of a pool's machine means, whoever asks for it: it leaves the pool, and its lease ends. The caller saves.
    /// From now on its time is over, so that a deletion that fails is asked for again like that of any machine that has lived its time.
    /// </summary>
    public static async Task EndAsync(WarrenDb db, MachineRow machine, DateTimeOffset now, CancellationToken cancellation)
    {
        var expired = machine.ExpiresAt <= now;
        if (machine.LeaseId is not null && await db.Leases.SingleOrDefaultAsync(l => l.Id == machine.LeaseId && l.EndedAt == null, cancellation) is { } lease)
            (lease.EndedAt, lease.Ended) = (now, expired ? LeaseEnd.Expired : LeaseEnd.Released);
        machine.PoolPlace = PoolPlace.Releasing;
        if (!expired) machine.ExpiresAt = now;
    }

    private static void DemandAlive(LeaseRow lease)
    {
        if (lease.EndedAt is not null) throw new RefusedException(Ended(lease));
    }

    private static Problem Ended(LeaseRow lease) => Problems.IllegalState($"The lease of '{lease.MachineName}' has ended.");
}
