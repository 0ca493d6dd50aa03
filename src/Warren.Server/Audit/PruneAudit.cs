using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Audit;

/// <summary>
/// Sweep. Condition: the oldest entries of the audit trail are older than it is kept, by whole days. Takes the oldest away without a gap,
/// and writes an entry with the number and the hash of the last one taken, behind which what is left can be verified.
/// </summary>
internal sealed class PruneAudit(IDbContextFactory<WarrenDb> databases, AuditOptions options, TimeProvider clock, ILogger<PruneAudit> log) : BackgroundService
{
    public const string Action = "audit.prune";

    /// <summary>The last entry that a prune took away, as its own entry says.</summary>
    public static (long Through, string Hash)? Read(AuditEntryRow entry)
        => entry.Detail.TryGetValue("through", out var through) && long.TryParse(through, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) && entry.Detail.TryGetValue("hash", out var hash)
            ? (seq, hash) : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.KeepDays == 0) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PruneAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "The audit trail could not be shortened; it is tried again in an hour");
            }

            await Task.Delay(TimeSpan.FromHours(1), clock, stoppingToken);
        }
    }

    /// <summary>Takes away what is too old, some thousands at a time, so that nobody who writes waits long.</summary>
    /// <returns>How many entries.</returns>
    public async Task<int> PruneAsync(CancellationToken cancellation)
    {
        for (var all = 0; ;)
        {
            var some = await PruneSomeAsync(cancellation);
            all += some;
            if (some < options.PrunedAtOnce) return all;
        }
    }

    private async Task<int> PruneSomeAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow();
        // From midnight on: one entry about it in a day is enough.
        var before = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-options.KeepDays);
        if (!await db.AuditEntries.AnyAsync(e => e.At < before, cancellation)) return 0;
        return await db.TransactAsync(async () =>
        {
            var head = await AuditChain.LockAsync(db, cancellation);
            var through = await db.AuditEntries.Where(e => e.At >= before).MinAsync(e => (long?)e.Seq, cancellation) - 1 ?? head.Seq;
            through = Math.Min(through, head.PrunedThrough + options.PrunedAtOnce);
            if (await db.AuditEntries.AsNoTracking().SingleOrDefaultAsync(e => e.Seq == through, cancellation) is not { } last) return 0;
            await AuditChain.AppendAsync(db, [SystemEntries.Of(Action, now, AuditResult.Ok,
                ("through", through.ToString(CultureInfo.InvariantCulture)), ("hash", last.Hash), ("before", before.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)))], cancellation);
            await db.SaveChangesAsync(cancellation);
            // Only now does the database let them go.
            await db.AuditHeads.ExecuteUpdateAsync(set => set.SetProperty(h => h.PrunedThrough, through).SetProperty(h => h.PrunedHash, last.Hash), cancellation);
            return await db.AuditEntries.Where(e => e.Seq <= through).ExecuteDeleteAsync(cancellation);
        }, cancellation);
    }
}
