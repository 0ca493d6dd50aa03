using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Pools;

/// <summary>
/// Claims that wait for a spare. Their tickets are rows: of several replicas the one that has the first takes the next spare. First
/// is who holds the fewest leases of the pool, and of those the oldest ticket. Each process keeps its own tickets alive; those of one that died are passed over.
/// </summary>
internal sealed class ClaimQueue(
    IServiceScopeFactory scopes, Signals signals, TimeProvider clock, PoolOptions options, IHostApplicationLifetime lifetime, ILogger<ClaimQueue> log) : BackgroundService
{
    /// <summary>How often other replicas' doings are looked for while somebody waits here.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <summary>Every commit is a signal; a busy server has hundreds a second.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    private readonly string _holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<long, Waiter> _waiters = new();
    private long _beaten;

    /// <summary>Queues and waits for a lease; null when the time is over.</summary>
    /// <exception cref="RefusedException">The pool is gone or draining, or the wish cannot be granted.</exception>
    public async Task<LeaseRow?> WaitAsync(PoolRow pool, ClaimWish wish, TimeSpan wait, CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var waiter = new Waiter(pool.Id, wish, await DrawAsync(pool.Id, wish.UserId, stop.Token));
        _waiters[waiter.Ticket] = waiter;
        // The pump may have looked before this one was there.
        signals.PulseAll();
        LeaseRow? lease = null;
        try
        {
            lease = await waiter.Served.WaitAsync(wait, clock, stop.Token);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lease = await waiter.LeaveAsync();
        }
        finally
        {
            _waiters.TryRemove(waiter.Ticket, out _);
            if (lease is null) await ReturnAsync(waiter.Ticket);
        }

        return lease;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signals.Next;
            try
            {
                if (!_waiters.IsEmpty)
                {
                    await BeatAsync(stoppingToken);
                    foreach (var pool in await WorthALookAsync(stoppingToken))
                        while (await ServeAsync(pool, stoppingToken)) { }
                    await Task.Delay(Breath, clock, stoppingToken);
                }

                await signals.WaitAsync(next, Look, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogError(e, "Serving claims that wait failed; trying again");
                await Task.Delay(Look, clock, stoppingToken);
            }
        }
    }

    /// <summary>Of the pools that somebody waits for here, those with a spare, and those that lend nothing any more. Mostly there are none.</summary>
    private async Task<IReadOnlyCollection<string>> WorthALookAsync(CancellationToken cancellation)
    {
        var wanted = _waiters.Values.Select(w => w.PoolId).Distinct().ToList();
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var dry = await db.Pools.Where(p => wanted.Contains(p.Id) && p.State == PoolState.Active && !db.Machines.Any(m => m.PoolId == p.Id && m.PoolPlace == PoolPlace.Spare))
            .Select(p => p.Id).ToListAsync(cancellation);
        return [.. wanted.Except(dry, StringComparer.Ordinal)];
    }

    /// <summary>Serves the first that waits here for a pool. False: it has to go on waiting, or nobody waits.</summary>
    private async Task<bool> ServeAsync(string poolId, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var leases = await db.Leases.Where(l => l.PoolId == poolId && l.EndedAt == null).GroupBy(l => l.OwnerId).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, StringComparer.Ordinal, cancellation);
        if (_waiters.Values.Where(w => w.PoolId == poolId && w.Waits).MinBy(w => (leases.GetValueOrDefault(w.Wish.UserId), w.Ticket)) is not { } first) return false;
        var path = scope.ServiceProvider.GetRequiredService<ClaimPath>();
        var pool = await db.Pools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == poolId, cancellation);
        if (pool is not { State: PoolState.Active })
        {
            var problem = pool is null ? Problems.NotFound("The pool was deleted meanwhile.") : PoolRules.DrainingProblem(pool);
            return first.Begin() && first.Fail(new RefusedException(problem));
        }

        if (!await path.HasAsync(pool, first.Wish.UserId, first.Ticket, cancellation)) return false;
        if (!first.Begin()) return true;
        try
        {
            return first.End(await path.TakeAsync(pool, first.Wish, first.Ticket, cancellation));
        }
        catch (RefusedException e)
        {
            return first.Fail(e);
        }
        catch
        {
            first.End(null);
            throw;
        }
    }

    private async Task<long> DrawAsync(string poolId, string user, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var now = clock.GetUtcNow();
        var row = new TicketRow { PoolId = poolId, OwnerId = user, Holder = _holder, AliveUntil = now.AddSeconds(options.TicketSeconds), CreatedAt = now };
        return await db.TransactAsync(async () =>
        {
            // Numbers are handed out before the commit: without a turn a later one could be seen first.
            await db.LockEventsAsync(cancellation);
            db.Tickets.Add(row);
            await db.SaveChangesAsync(cancellation);
            return row.Id;
        }, cancellation);
    }

    private async Task ReturnAsync(long ticket)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<WarrenDb>().Tickets.Where(t => t.Id == ticket).ExecuteDeleteAsync(CancellationToken.None);
        signals.PulseAll();
    }

    private async Task BeatAsync(CancellationToken cancellation)
    {
        if (_beaten != 0 && clock.GetElapsedTime(_beaten) < TimeSpan.FromSeconds(1)) return;
        _beaten = clock.GetTimestamp();
        await using var scope = scopes.CreateAsyncScope();
        var until = clock.GetUtcNow().AddSeconds(options.TicketSeconds);
        // By number: one that could not be given back, for want of room on the disk say, must die and not hold up the line.
        var waiting = _waiters.Keys.ToList();
        await scope.ServiceProvider.GetRequiredService<WarrenDb>().Tickets.Where(t => t.Holder == _holder && waiting.Contains(t.Id))
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.AliveUntil, until), cancellation);
    }

    /// <summary>One request that waits. It leaves either before it is being served or after that has ended, never in between.</summary>
    private sealed class Waiter(string poolId, ClaimWish wish, long ticket)
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource<LeaseRow?> _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _serving, _leaving;

        public string PoolId => poolId;

        public ClaimWish Wish => wish;

        public long Ticket => ticket;

        public Task<LeaseRow?> Served => _served.Task;

        public bool Waits
        {
            get { lock (_gate) return !_leaving && !_served.Task.IsCompleted; }
        }

        /// <summary>False: it has left.</summary>
        public bool Begin()
        {
            lock (_gate) return !_leaving && (_serving = true);
        }

        /// <returns>Whether it was served.</returns>
        public bool End(LeaseRow? lease)
        {
            lock (_gate)
            {
                _serving = false;
                if (lease is not null || _leaving) _served.TrySetResult(lease);
                return lease is not null;
            }
        }

        public bool Fail(Exception e) => _served.TrySetException(e);

        public Task<LeaseRow?> LeaveAsync()
        {
            lock (_gate)
            {
                _leaving = true;
                if (!_serving) _served.TrySetResult(null);
            }

            return _served.Task;
        }
    }
}
