using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Pools.Sweeps;

/// <summary>
/// Sweep. Condition: a lease that is not in its pool's statistics yet; a pool that has fewer spares than its minimum, or has
/// them again; a ticket whose server died a while ago. Counts, tells and forgets them, so that a claim has nothing of that to do.
/// </summary>
internal sealed class CountClaims(IServiceScopeFactory scopes, Signals signals, TimeProvider clock, ILogger<CountClaims> log)
    : PoolSweep(scopes, signals, clock, log)
{
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(1);

    protected override async Task<bool> SweepAsync(CancellationToken cancellation)
    {
        var uncounted = await WithAsync((_, db) => db.Leases.Where(l => !l.Counted).Select(l => l.PoolId).Distinct().ToListAsync(cancellation));
        foreach (var pool in uncounted) await WithAsync((_, db) => CountAsync(db, pool, cancellation));
        var pools = await WithAsync((_, db) => db.Pools.AsNoTracking().ToListAsync(cancellation));
        foreach (var pool in pools) await WithAsync((_, db) => WarnAsync(db, pool, cancellation));
        if (pools.Count == 0) return false;
        var dead = Clock.GetUtcNow() - Forgotten;
        await WithAsync(async (_, db) => await db.Tickets.AnyAsync(t => t.AliveUntil < dead, cancellation) ? await db.Tickets.Where(t => t.AliveUntil < dead).ExecuteDeleteAsync(cancellation) : 0);
        return true;
    }

    private Task<bool> CountAsync(WarrenDb db, string poolId, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await db.LockEventsAsync(cancellation);
        var leases = await db.Leases.AsNoTracking().Where(l => l.PoolId == poolId && !l.Counted).OrderBy(l => l.ClaimedAt).Take(500)
            .Select(l => new { l.Id, l.Ticket, l.WaitedMs }).ToListAsync(cancellation);
        var ids = leases.Select(l => l.Id).ToList();
        // Of several replicas the one that has marked them counts them.
        if (await db.Leases.Where(l => ids.Contains(l.Id) && !l.Counted).ExecuteUpdateAsync(s => s.SetProperty(l => l.Counted, true), cancellation) != ids.Count)
            throw new DbUpdateConcurrencyException("Another replica has counted some of these.");
        if (await db.Pools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == poolId, cancellation) is not { } pool) return false;
        var (hits, misses) = (leases.Count(l => l.Ticket is null), leases.Count(l => l.Ticket is not null));
        var waits = Measures.Add(pool.WaitsJson, leases.Select(l => l.WaitedMs));
        await db.Pools.Where(p => p.Id == poolId).ExecuteUpdateAsync(s => s
            .SetProperty(p => p.Hits, p => p.Hits + hits).SetProperty(p => p.Misses, p => p.Misses + misses).SetProperty(p => p.WaitsJson, waits), cancellation);
        PoolNotes.Tell(db, pool, "changed", Clock.GetUtcNow());
        await db.SaveChangesAsync(cancellation);
        return true;
    }, cancellation);

    private async Task<bool> WarnAsync(WarrenDb db, PoolRow pool, CancellationToken cancellation)
    {
        var good = PoolViews.Good(pool.Kind);
        var spares = await db.Machines.CountAsync(m => m.PoolId == pool.Id && m.PoolPlace == PoolPlace.Spare && m.State == good, cancellation);
        var low = spares < pool.Min;
        if (low == pool.Low || pool.State == PoolState.Draining) return false;
        return await db.TransactAsync(async () =>
        {
            await db.LockEventsAsync(cancellation);
            if (await db.Pools.Where(p => p.Id == pool.Id && p.Low == pool.Low).ExecuteUpdateAsync(s => s.SetProperty(p => p.Low, low), cancellation) == 0) return false;
            PoolNotes.Tell(db, pool, low ? "low" : "changed", Clock.GetUtcNow());
            await db.SaveChangesAsync(cancellation);
            return true;
        }, cancellation);
    }
}
