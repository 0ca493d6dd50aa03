using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// Sweep. Condition: a recording ended longer ago than recordings are kept, or all of them are larger than they may be, when the oldest that are over
/// go; or a file is older than that and belongs to none. Removes rows and files.
/// </summary>
internal sealed class PruneRecordings(
    IDbContextFactory<WarrenDb> databases, RecordingFolder folder, RecordingOptions options, TimeProvider clock, ILogger<PruneRecordings> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        do
        {
            try
            {
                await PruneAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Recordings could not be pruned; it is tried again in a minute");
            }
        }
        while (!stoppingToken.IsCancellationRequested && await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One look.</summary>
    internal async Task PruneAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var before = clock.GetUtcNow().AddDays(-options.KeepDays);
        foreach (var old in await db.Recordings.Where(r => r.EndedAt < before).ToListAsync(cancellation)) await RemoveAsync(db, folder, old, cancellation);
        var all = await db.Recordings.SumAsync(r => r.Bytes, cancellation);
        if (all > options.MaxBytes)
        {
            foreach (var row in await db.Recordings.Where(r => r.State != RecordingState.Recording).OrderBy(r => r.EndedAt).ToListAsync(cancellation))
            {
                if (all <= options.MaxBytes) break;
                all -= row.Bytes;
                await RemoveAsync(db, folder, row, cancellation);
            }
        }

        var strays = folder.OlderThan(before).ToList();
        var known = await db.Recordings.Where(r => strays.Contains(r.Id)).Select(r => r.Id).ToListAsync(cancellation);
        foreach (var stray in strays.Except(known)) folder.Delete(stray);
    }

    /// <summary>Removes a recording. A file that stays behind is found later.</summary>
    internal static async Task RemoveAsync(WarrenDb db, RecordingFolder folder, RecordingRow row, CancellationToken cancellation)
    {
        db.Recordings.Remove(row);
        await db.SaveChangesAsync(cancellation);
        folder.Delete(row.Id);
    }
}
