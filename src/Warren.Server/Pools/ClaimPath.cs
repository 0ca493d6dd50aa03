using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Pools;

/// <summary>
/// The hot path: one conditional UPDATE takes the oldest well spare and gives it to whoever claims; the lease and the events
/// follow in the same transaction. Three statements on SQLite; PostgreSQL takes the turn to write events besides, a name that
/// is asked for is looked up, and what is limited is counted. No workflow, and nothing is asked of a host: where spares are processes of this one, a look tells
/// whether it is there.
/// </summary>
internal sealed class ClaimPath(WarrenDb db, MachineCommands machines, HostDirectory hosts, QuotaCheck quotas, QuotaOptions limits, PoolOptions options, TimeProvider clock)
{
    /// <summary>
    /// The oldest spare that may be lent: ready, seen well a while ago at most, not too old, with nothing under way on it,
    /// and nobody before this claim in the queue: who holds fewer leases of the pool goes first, so that one who asks a hundred
    /// times does not keep out another who asks once; between those who hold as many, who came first.
    /// </summary>
    private const string Front =
        """
        select m.id as "Value" from machines m
        where m.pool_id = {0} and m.pool_place = 'Spare' and m.state = {1} and coalesce(m.observed_at, 0) >= {2} and m.spare_since >= {3}
        and not exists (select 1 from operations o where o.subject_id = m.id and o.live)
        and not exists (select 1 from tickets t where t.pool_id = {0} and t.id <> {4} and t.alive_until >= {5}
            and (select count(*) from leases l where l.pool_id = {0} and l.owner_id = t.owner_id and l.ended_at is null) * 2 + case when t.id < {4} then 0 else 1 end
                <= (select count(*) from leases l where l.pool_id = {0} and l.owner_id = {6} and l.ended_at is null) * 2)
        and exists (select 1 from pools p where p.id = {0} and p.state = 'Active')
        order by m.spare_since, m.id limit 1
        """;

    /// <summary>Whether <see cref="TakeAsync"/> would find a spare. Reads only.</summary>
    public async Task<bool> HasAsync(PoolRow pool, string user, long? ticket, CancellationToken cancellation)
        => (await db.Database.SqlQueryRaw<string>(Front, [.. Conditions(pool, user, ticket)]).ToListAsync(cancellation)).Count > 0;

    /// <summary>Refuses who may have no machine of any size, before they wait for one. The spares count as their pool's owner's, and its project's, already.</summary>
    /// <exception cref="RefusedException"><c>quota-exceeded</c> or <c>already-running</c>.</exception>
    public Task DemandShareAsync(PoolRow pool, ClaimWish wish, CancellationToken cancellation) => pool.OwnerId == wish.UserId ? Task.CompletedTask : db.TransactAsync(async () =>
    {
        await quotas.DemandAsync(wish.UserId, wish.ProjectId, new QuotaUse { Machines = 1, RunningMachines = 1 }, cancellation, userOnly: true);
        return true;
    }, cancellation);

    /// <summary>Takes a spare, or returns null when there is none to be had.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="wish">Who claims, and what.</param>
    /// <param name="ticket">Its place in the queue, which it leaves; null when it has not queued.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="RefusedException">The name is taken, it is more than the claimer may have, or a stopped spare cannot be started.</exception>
    public async Task<LeaseRow?> TakeAsync(PoolRow pool, ClaimWish wish, long? ticket, CancellationToken cancellation)
    {
        var name = wish.Name;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await db.TransactAsync(() => TryAsync(pool, wish, name, ticket, cancellation), cancellation);
            }
            catch (DbException e) when (ProblemWriter.IsUniqueViolation(e))
            {
                db.ChangeTracker.Clear();
                // Another try of the same request was faster; else it is the name, which must be free in the claimer's project too.
                if (wish.Key is not null && await KnownAsync(db, wish.UserId, wish.Key, cancellation) is { } known) return known;
                if (wish.Name is not null) throw new RefusedException(Problems.NameTaken(wish.Name));
                if (attempt == 3) throw;
                name = MachineNames.New();
            }
            catch (DbUpdateConcurrencyException) when (attempt < 10)
            {
                db.ChangeTracker.Clear();
            }
            catch (SpareEndedException e)
            {
                db.ChangeTracker.Clear();
                await PassOverAsync(e.MachineId, cancellation);
            }
        }
    }

    /// <summary>The lease that a request with this key has got.</summary>
    public static Task<LeaseRow?> KnownAsync(WarrenDb db, string user, string key, CancellationToken cancellation)
        => db.Leases.AsNoTracking().SingleOrDefaultAsync(l => l.OwnerId == user && l.ClaimKey == key, cancellation);

    private async Task<LeaseRow?> TryAsync(PoolRow pool, ClaimWish wish, string? name, long? ticket, CancellationToken cancellation)
    {
        await db.LockEventsAsync(cancellation);
        // As the rows keep it: the answer says the same as every later one.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());
        if (wish.Name is not null && await db.Machines.AnyAsync(m => m.ProjectId == wish.ProjectId && m.Name == wish.Name, cancellation))
            throw new RefusedException(Problems.NameTaken(wish.Name));
        var (id, expires) = (Ids.New(clock), now.AddSeconds(wish.TtlSeconds));
        var sql = $$"""
            update machines set pool_place = 'Lent', lease_id = {7}, owner_id = {6}, project_id = {8}, expires_at = {9}, ttl_seconds = {10},{{(name is null ? "" : " name = {11},")}} version = version + 1
            where pool_place = 'Spare' and id = ({{Front}}{{(db.IsPostgres ? " for update of m skip locked" : "")}})
            returning id as "Id", name as "Name", host as "Host", exists (select 1 from quotas q where q.id in ({6}, {8})) as "Limited"
            """;
        object[] values = [.. Conditions(pool, wish.UserId, ticket), id, wish.ProjectId, expires.ToUnixTimeMilliseconds(), wish.TtlSeconds, .. name is null ? Array.Empty<object>() : [name]];
        if (await db.Database.SqlQueryRaw<Taken>(sql, values).ToListAsync(cancellation) is not [var machine]) return null;
        if (pool.Kind == PoolKind.Warm && hosts.HasEnded(machine.Host, machine.Id)) throw new SpareEndedException(machine.Id);
        if (machine.Limited || limits.HasDefaults)
        {
            // It is theirs by now, and is not counted twice; what is refused is rolled back with all of this.
            var taken = await db.Machines.AsNoTracking().SingleAsync(m => m.Id == machine.Id, cancellation);
            await quotas.DemandAsync(wish.UserId, wish.ProjectId, QuotaCount.Of(taken, on: true), cancellation, taken.Id);
        }

        var lease = new LeaseRow
        {
            Id = id,
            PoolId = pool.Id,
            PoolName = pool.Name,
            MachineId = machine.Id,
            MachineName = machine.Name,
            Host = machine.Host,
            OwnerId = wish.UserId,
            ProjectId = wish.ProjectId,
            Ticket = ticket,
            WaitedMs = (int)Math.Clamp((now - wish.AskedAt).TotalMilliseconds, 0, int.MaxValue),
            ClaimedAt = now,
            ExpiresAt = expires,
            ClaimKey = wish.Key,
            ClaimHash = wish.Hash,
        };
        await AddAsync(lease, cancellation);
        if (ticket is not null) await db.Tickets.Where(t => t.Id == ticket).ExecuteDeleteAsync(cancellation);
        if (pool.Kind == PoolKind.Stopped) await machines.StartAsync(await db.Machines.SingleAsync(m => m.Id == machine.Id, cancellation), cancellation);
        return lease;
    }

    /// <summary>What was observed of it does not hold any more: nobody gets it until it is looked at again, which replaces it.</summary>
    private Task<int> PassOverAsync(string id, CancellationToken cancellation) => db.TransactAsync(() => db.Machines
        .Where(m => m.Id == id && m.PoolPlace == PoolPlace.Spare)
        .ExecuteUpdateAsync(s => s.SetProperty(m => m.ObservedAt, (DateTimeOffset?)null).SetProperty(m => m.Version, m => m.Version + 1), cancellation), cancellation);

    /// <summary>By hand, and not by the change tracker: two statements instead of four.</summary>
    private async Task AddAsync(LeaseRow l, CancellationToken cancellation)
    {
        var (at, until) = (l.ClaimedAt.ToUnixTimeMilliseconds(), l.ExpiresAt.ToUnixTimeMilliseconds());
        await db.Database.ExecuteSqlAsync($"""
            insert into leases (id, pool_id, pool_name, machine_id, machine_name, host, owner_id, project_id, ticket, waited_ms, claimed_at, expires_at, claim_key, claim_hash, counted)
            values ({l.Id}, {l.PoolId}, {l.PoolName}, {l.MachineId}, {l.MachineName}, {l.Host}, {l.OwnerId}, {l.ProjectId}, {l.Ticket}, {l.WaitedMs}, {at}, {until}, {l.ClaimKey}, {l.ClaimHash}, {false})
            """, cancellation);
        await db.Database.ExecuteSqlAsync($"""
            insert into events (type, subject_id, owner_id, project_id, at)
            values ('machine.changed', {l.MachineId}, {l.OwnerId}, {l.ProjectId}, {at}), ('lease.created', {l.Id}, {l.OwnerId}, {l.ProjectId}, {at})
            """, cancellation);
    }

    private object[] Conditions(PoolRow pool, string user, long? ticket)
    {
        var now = clock.GetUtcNow();
        var warm = pool.Kind == PoolKind.Warm;
        return
        [
            pool.Id,
            (warm ? MachineState.Running : MachineState.Stopped).ToString(),
            // Nobody looks at what is off.
            warm ? now.AddSeconds(-options.FreshSeconds).ToUnixTimeMilliseconds() : 0L,
            pool.MaxAgeSeconds is { } age ? now.AddSeconds(-age).ToUnixTimeMilliseconds() : 0L,
            ticket ?? long.MaxValue,
            now.ToUnixTimeMilliseconds(),
            user,
        ];
    }

    /// <summary>The spare that was taken has no process any more; what took it is rolled back.</summary>
    private sealed class SpareEndedException(string machineId) : Exception
    {
        public string MachineId => machineId;
    }

    private sealed class Taken
    {
        public string Id { get; set; } = "";
        public string Name { get; set; } = "";
        public string Host { get; set; } = "";
        public bool Limited { get; set; }
    }
}

/// <summary>Who claims, and what.</summary>
/// <param name="UserId">Who holds the lease and owns the machine.</param>
/// <param name="ProjectId">The holder's project.</param>
/// <param name="TtlSeconds">Seconds that the lease lasts.</param>
/// <param name="Name">The machine's new name, or null for its own.</param>
/// <param name="Key">Idempotency-Key, or null.</param>
/// <param name="Hash">What was asked for with that key.</param>
/// <param name="AskedAt">When it was asked.</param>
internal sealed record ClaimWish(string UserId, string ProjectId, int TtlSeconds, string? Name, string? Key, string? Hash, DateTimeOffset AskedAt);
