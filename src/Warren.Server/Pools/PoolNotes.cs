using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Events;
using Warren.Server.Operations;

namespace Warren.Server.Pools;

/// <summary>What is written of a pool past its version: launches that failed, and that something about it has changed.</summary>
internal static class PoolNotes
{
    /// <summary>A launch failed: the pool shows why, and the next one waits, longer each time.</summary>
    public static Task<bool> LaunchFailedAsync(WarrenDb db, string poolId, Problem problem, PoolOptions options, DateTimeOffset now, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await db.LockEventsAsync(cancellation);
        if (await db.Pools.AsNoTracking().SingleOrDefaultAsync(p => p.Id == poolId, cancellation) is not { } pool) return false;
        var pause = Math.Min(options.LongestPauseSeconds, options.PauseSeconds * Math.Pow(2, Math.Min(pool.Failures, 20)));
        DateTimeOffset? retry = now.AddSeconds(pause);
        var json = Problems.ToJson(problem);
        await db.Pools.Where(p => p.Id == poolId).ExecuteUpdateAsync(s => s
            .SetProperty(p => p.Failures, p => p.Failures + 1)
            .SetProperty(p => p.RetryAt, retry)
            .SetProperty(p => p.ProblemJson, json), cancellation);
        Tell(db, pool, "changed", now);
        await db.SaveChangesAsync(cancellation);
        return true;
    }, cancellation);

    /// <summary>Adds an event about a pool; the caller saves.</summary>
    public static void Tell(WarrenDb db, PoolRow pool, string verb, DateTimeOffset now) => db.Events.Add(new EventRow
    {
        Type = "pool." + verb,
        SubjectId = pool.Id,
        OwnerId = pool.OwnerId,
        ProjectId = pool.ProjectId,
        At = now,
    });
}
