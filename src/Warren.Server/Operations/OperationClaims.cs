using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Leases: claim a due row by one conditional UPDATE, keep it, give it back.</summary>
internal sealed class OperationClaims(IDbContextFactory<WarrenDb> databases, TimeProvider clock, OperationOptions options)
{
    /// <summary>How long a claim lasts that is not renewed.</summary>
    public TimeSpan Lease { get; } = TimeSpan.FromSeconds(options.LeaseSeconds);

    /// <summary>Claims one due operation, or returns null when there is none.</summary>
    /// <param name="holder">Who claims.</param>
    /// <param name="busy">Hosts that have as many steps under way here as they may; empty for work without a host.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<OperationRow?> ClaimAsync(string holder, IReadOnlyCollection<string> busy, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow();
        // Of those who wait the one with the least under way comes first: a hundred operations of one person do not keep out another's one.
        var held = db.Operations.Where(o => o.LeaseHolder != null && o.LeaseUntil >= now).GroupBy(o => o.OwnerId).Select(g => new { Owner = g.Key, Count = g.Count() });
        var due = await (from o in Due(db, now)
                         where !busy.Contains(o.Host)
                         join h in held on o.OwnerId equals h.Owner into own
                         from h in own.DefaultIfEmpty()
                         orderby o.Priority descending, (int?)h.Count ?? 0, o.RunAt
                         select o.Id).Take(8).ToListAsync(cancellation);
        foreach (var id in due)
        {
            DateTimeOffset? until = now + Lease;
            // Not to be cancelled: what is claimed must be known, or nobody would give it back.
            // Each claim has a name of its own: a process that stalled past its lease may claim the same row again, and the first run must not pass for the second.
            var claim = $"{holder}/{Guid.NewGuid():N}";
            var claimed = await Due(db, now).Where(o => o.Id == id).ExecuteUpdateAsync(set => set
                .SetProperty(o => o.LeaseHolder, claim)
                .SetProperty(o => o.LeaseUntil, until)
                .SetProperty(o => o.Status, o => o.Status == OperationStatus.Pending ? OperationStatus.Running : o.Status), CancellationToken.None);
            if (claimed == 1) return await db.Operations.AsNoTracking().SingleAsync(o => o.Id == id, CancellationToken.None);
        }

        return null;
    }

    /// <summary>When the next operation falls due or the next foreign lease runs out; null when nothing waits.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(IReadOnlyCollection<string> busy, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow();
        return await db.Operations.Where(o => o.Live && !busy.Contains(o.Host))
            .Select(o => o.LeaseUntil != null && o.LeaseUntil > now && o.LeaseUntil > o.RunAt ? o.LeaseUntil : (DateTimeOffset?)o.RunAt)
            .MinAsync(cancellation);
    }

    /// <summary>Renews a lease. False: the operation was superseded or taken over; its step must stop.</summary>
    public async Task<(bool Kept, bool CancelRequested)> RenewAsync(OperationRow row, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        DateTimeOffset? until = clock.GetUtcNow() + Lease;
        var kept = await Held(db, row).ExecuteUpdateAsync(set => set.SetProperty(o => o.LeaseUntil, until), cancellation) == 1;
        var cancel = kept && await db.Operations.Where(o => o.Id == row.Id).Select(o => o.CancelRequested).SingleAsync(cancellation);
        return (kept, cancel);
    }

    /// <summary>Gives a lease back without deciding anything: the step stopped because the row is no longer this worker's to move.</summary>
    public async Task ReleaseAsync(OperationRow row, CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        await db.Operations.Where(o => o.Id == row.Id && o.LeaseHolder == row.LeaseHolder).ExecuteUpdateAsync(set => set
            .SetProperty(o => o.LeaseHolder, (string?)null)
            .SetProperty(o => o.LeaseUntil, (DateTimeOffset?)null), cancellation);
    }

    /// <summary>
    /// The row, if this worker may still move it, locked until the transaction ends: it is written to before it is read, so
    /// that nobody supersedes it in between (PostgreSQL's READ COMMITTED would let both write).
    /// </summary>
    public static async Task<OperationRow?> HoldAsync(WarrenDb db, OperationRow row, CancellationToken cancellation)
    {
        await db.LockEventsAsync(cancellation);
        return await Held(db, row).ExecuteUpdateAsync(set => set.SetProperty(o => o.LeaseHolder, o => o.LeaseHolder), cancellation) == 1
            ? await Held(db, row).SingleAsync(cancellation) : null;
    }

    /// <summary>The row, if this worker may still move it.</summary>
    public static IQueryable<OperationRow> Held(WarrenDb db, OperationRow row)
        => db.Operations.Where(o => o.Id == row.Id && o.Live && o.LeaseHolder == row.LeaseHolder);

    /// <summary>Live, due, not leased, and no other operation's step still running on the same subject.</summary>
    private static IQueryable<OperationRow> Due(WarrenDb db, DateTimeOffset now) => db.Operations.Where(o =>
        o.Live && o.RunAt <= now && (o.LeaseHolder == null || o.LeaseUntil < now) &&
        !db.Operations.Any(p => p.SubjectId == o.SubjectId && p.Id != o.Id && p.LeaseHolder != null && p.LeaseUntil >= now));
}
