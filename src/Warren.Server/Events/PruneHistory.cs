using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Events;

/// <summary>
/// Sweep. Condition: events older than a week, ended operations, leases and connections older than 30 days, idempotency answers
/// older than a day, used-up sessions, links and tickets. Deletes them, so that the database of a busy server stays small.
/// </summary>
internal sealed class PruneHistory(IDbContextFactory<WarrenDb> databases, TimeProvider clock, ILogger<PruneHistory> log) : BackgroundService
{
    private static readonly TimeSpan Events = TimeSpan.FromDays(7);
    private static readonly TimeSpan Operations = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await PruneAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Pruning failed; it is tried again in an hour");
            }

            await Task.Delay(TimeSpan.FromHours(1), clock, stoppingToken);
        }
    }

    private async Task PruneAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow();
        var (events, operations, answers) = (now - Events, now - Operations, now - IdempotencyFilter.Kept);
        await db.Events.Where(e => e.At < events).ExecuteDeleteAsync(cancellation);
        await db.Operations.Where(o => !o.Live && o.EndedAt < operations).ExecuteDeleteAsync(cancellation);
        await db.Leases.Where(l => l.EndedAt < operations).ExecuteDeleteAsync(cancellation);
        await db.Idempotency.Where(i => i.CreatedAt < answers).ExecuteDeleteAsync(cancellation);
        await db.Sessions.Where(s => s.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await db.LoginLinks.Where(l => l.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await db.Connections.Where(c => c.EndedAt < operations).ExecuteDeleteAsync(cancellation);
        await db.Shares.Where(s => s.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await db.ConsoleTickets.Where(t => t.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await db.ReleasedPorts.Where(p => p.Until < now).ExecuteDeleteAsync(cancellation);
    }
}
