using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Pools.Sweeps;

/// <summary>
/// Sweep. Condition: an active pool has fewer spares, ready or on their way, than its target and those who wait, and fewer machines than its
/// maximum; fewer of its launches are under way than may be at once, and its pause after a failed one is over. Enqueues
/// launches, by the command and with the rights of whoever made the pool, that wait for everything that people have asked for.
/// </summary>
internal sealed class RefillPools(IServiceScopeFactory scopes, Signals signals, PoolOptions options, TimeProvider clock, ILogger<RefillPools> log)
    : PoolSweep(scopes, signals, clock, log)
{
    /// <summary>Below what people ask for, which is 0.</summary>
    private const int AheadOfTime = -10;

    protected override async Task<bool> SweepAsync(CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        var pools = await WithAsync((_, db) => db.Pools.AsNoTracking().Where(p => p.State == PoolState.Active && p.Target > 0).ToListAsync(cancellation));
        foreach (var pool in pools.Where(p => p.RetryAt is null || p.RetryAt <= now))
        {
            if (await WithAsync((_, db) => RoomAsync(db, pool, cancellation)) <= 0) continue;
            try
            {
                while (await WithAsync((services, db) => LaunchAsync(services, db, pool, cancellation))) { }
            }
            catch (RefusedException e)
            {
                await WithAsync((_, db) => PoolNotes.LaunchFailedAsync(db, pool.Id, e.Problem, options, Clock.GetUtcNow(), cancellation));
            }
            catch (DbUpdateException e)
            {
                // A race for a name or a port: the next look is soon.
                Log.LogDebug(e, "A launch for pool {Name} lost a race", pool.Name);
            }
        }

        return pools.Count > 0;
    }

    /// <summary>How many launches are wanted now.</summary>
    private async Task<int> RoomAsync(WarrenDb db, PoolRow pool, CancellationToken cancellation)
    {
        var good = PoolViews.Good(pool.Kind);
        var members = await db.Machines.Where(m => m.PoolId == pool.Id).Select(m => new { m.PoolPlace, m.State }).ToListAsync(cancellation);
        var filling = members.Count(m => m.PoolPlace == PoolPlace.Filling);
        var spares = members.Count(m => m.PoolPlace == PoolPlace.Spare && m.State == good);
        var now = Clock.GetUtcNow();
        var waiting = await db.Tickets.CountAsync(t => t.PoolId == pool.Id && t.AliveUntil >= now, cancellation);
        return Math.Min(pool.Target + waiting - spares - filling, Math.Min(options.FillingAtOnce - filling, pool.Max - members.Count));
    }

    /// <returns>Whether one was enqueued.</returns>
    private Task<bool> LaunchAsync(IServiceProvider services, WarrenDb db, PoolRow known, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await db.LockEventsAsync(cancellation);
        // Locked: another replica, or a deletion of the pool, counts before or after this one.
        if (await db.Pools.Where(p => p.Id == known.Id && p.State == PoolState.Active).ExecuteUpdateAsync(s => s.SetProperty(p => p.Turns, p => p.Turns + 1), cancellation) == 0) return false;
        var pool = await db.Pools.AsNoTracking().SingleAsync(p => p.Id == known.Id, cancellation);
        if (pool.RetryAt > Clock.GetUtcNow() || await RoomAsync(db, pool, cancellation) <= 0) return false;
        services.GetRequiredService<Caller>().ActFor(await db.Users.AsNoTracking().SingleAsync(u => u.Id == pool.OwnerId, cancellation), pool.ProjectId);
        var request = pool.Machine with { Name = $"{pool.Name}-{Ids.New(Clock)[^6..]}", Start = pool.Kind == PoolKind.Warm };
        var operation = await services.GetRequiredService<LaunchCommand>().RunAsync(request, cancellation, spare: true);
        operation.Priority = AheadOfTime;
        var machine = await db.Machines.SingleAsync(m => m.Id == operation.SubjectId, cancellation);
        (machine.PoolId, machine.PoolPlace) = (pool.Id, PoolPlace.Filling);
        // A template's ttl is the length of a lease: until it is lent, a spare has no end.
        machine.LiveFor(0, machine.CreatedAt);
        PoolNotes.Tell(db, pool, "changed", Clock.GetUtcNow());
        await db.SaveChangesAsync(cancellation);
        return true;
    }, cancellation);
}
