using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Pools;

/// <summary>Pools as the API shows them; a page is a handful of queries, however long it is.</summary>
internal static class PoolViews
{
    public static async Task<List<Pool>> LoadAsync(WarrenDb db, IQueryable<PoolRow> rows, DateTimeOffset now, CancellationToken cancellation)
        => await ViewAsync(db, await rows.ToListAsync(cancellation), now, cancellation);

    public static async Task<List<Pool>> ViewAsync(WarrenDb db, IReadOnlyList<PoolRow> pools, DateTimeOffset now, CancellationToken cancellation)
    {
        var (ids, owners, projects) = (pools.Select(p => p.Id).ToList(), pools.Select(p => p.OwnerId).Distinct().ToList(), pools.Select(p => p.ProjectId).Distinct().ToList());
        var ownerNames = await db.Users.AsNoTracking().Where(u => owners.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        var projectNames = await db.Projects.AsNoTracking().Where(p => projects.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        var members = (await db.Machines.AsNoTracking().Where(m => m.PoolId != null && ids.Contains(m.PoolId))
            .Select(m => new Member(m.PoolId!, m.PoolPlace!.Value, m.State, m.SpareSince)).ToListAsync(cancellation)).ToLookup(m => m.PoolId, StringComparer.Ordinal);
        var waiting = await db.Tickets.Where(t => ids.Contains(t.PoolId) && t.AliveUntil >= now).GroupBy(t => t.PoolId)
            .Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellation);
        return [.. pools.Select(row => View(row, ownerNames[row.OwnerId], projectNames[row.ProjectId], [.. members[row.Id]], waiting.GetValueOrDefault(row.Id), now))];
    }

    private static Pool View(PoolRow row, string owner, string project, List<Member> members, int waiting, DateTimeOffset now)
    {
        var good = members.Where(m => m.Place == PoolPlace.Spare && IsGood(row.Kind, m.State)).ToList();
        return new Pool
        {
            Id = row.Id,
            Name = row.Name,
            Owner = owner,
            Project = project,
            Machine = row.Machine,
            Kind = row.Kind,
            ReadyWhen = row.ReadyWhen,
            Target = row.Target,
            Min = row.Min,
            Max = row.Max,
            MaxAgeSeconds = row.MaxAgeSeconds,
            LeaseSeconds = row.LeaseSeconds,
            LeaseMaximumSeconds = row.LeaseMaximumSeconds,
            State = row.State,
            Problem = row.ProblemJson is null ? null : JsonSerializer.Deserialize<Problem>(row.ProblemJson, WarrenJson.Options),
            RetryAt = row.RetryAt > now ? row.RetryAt : null,
            Spares = good.Count,
            Filling = members.Count(m => m.Place == PoolPlace.Filling),
            Lent = members.Count(m => m.Place == PoolPlace.Lent),
            Leaving = members.Count(m => m.Place == PoolPlace.Releasing || (m.Place == PoolPlace.Spare && !IsGood(row.Kind, m.State))),
            Waiting = waiting,
            Statistics = new PoolStatistics
            {
                Hits = row.Hits,
                Misses = row.Misses,
                Refused = row.Refused,
                HitRate = row.Hits + row.Misses == 0 ? null : Math.Round((double)row.Hits / (row.Hits + row.Misses), 4),
                WaitP50Ms = Measures.Percentile(row.WaitsJson, 50),
                WaitP99Ms = Measures.Percentile(row.WaitsJson, 99),
                FillMs = Measures.Percentile(row.FillsJson, 50),
                SpareAges = [.. good.Select(m => (int)(now - m.Since!.Value).TotalSeconds).OrderDescending()],
            },
            CreatedAt = row.CreatedAt,
        };
    }

    /// <summary>Whether a spare in this state is what its pool keeps.</summary>
    public static bool IsGood(PoolKind kind, MachineState state) => state == Good(kind);

    /// <summary>The state of a spare that can be lent.</summary>
    public static MachineState Good(PoolKind kind) => kind == PoolKind.Warm ? MachineState.Running : MachineState.Stopped;

    private sealed record Member(string PoolId, PoolPlace Place, MachineState State, DateTimeOffset? Since);
}

/// <summary>Leases as the API shows them.</summary>
internal static class LeaseViews
{
    public static async Task<List<Lease>> LoadAsync(WarrenDb db, IQueryable<LeaseRow> rows, CancellationToken cancellation)
        => await ViewAsync(db, await rows.ToListAsync(cancellation), cancellation);

    public static async Task<List<Lease>> ViewAsync(WarrenDb db, IReadOnlyList<LeaseRow> leases, CancellationToken cancellation)
    {
        var holders = leases.Select(l => l.OwnerId).Distinct().ToList();
        var names = await db.Users.AsNoTracking().Where(u => holders.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        return [.. leases.Select(l => l.ToContract(names[l.OwnerId]))];
    }
}
