using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Hosts;

namespace Warren.Server.Consoles.Serial;

/// <summary>
/// Sweep. Condition: a machine that is on, whose host keeps its serial log by places. Lets the log forget what it has too much;
/// of one that has not, the length is looked at.
/// </summary>
internal sealed class TrimSerialLogs(IDbContextFactory<WarrenDb> databases, HostDirectory hosts, TimeProvider clock, ILogger<TrimSerialLogs> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await SweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    internal async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            await using var db = await databases.CreateDbContextAsync(cancellation);
            var on = await db.Machines.AsNoTracking()
                .Where(m => m.State != MachineState.Stopped && m.State != MachineState.Failed && m.State != MachineState.Suspended && m.State != MachineState.Creating)
                .Select(m => new { m.Id, m.Host }).ToListAsync(cancellation);
            foreach (var host in on.GroupBy(m => m.Host, StringComparer.Ordinal))
            {
                if ((await hosts.DriverAsync(host.Key, cancellation)).Serial?.Kept is not { } kept) continue;
                foreach (var machine in host) await kept.TrimAsync(machine.Id, cancellation);
            }
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            log.LogWarning(e, "Serial logs could not be cut; it is tried again");
        }
    }
}
