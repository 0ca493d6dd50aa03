using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a machine is on a host and in no row, and this server has deleted it or taken back its launch. A step
/// whose worker stalled past its lease can end after another has finished the operation: what it made then belongs to
/// nobody. A machine that this server's operations do not know, another server's say, is never touched.
/// </summary>
internal sealed class RemoveLeftovers(IDbContextFactory<WarrenDb> databases, HostDirectory hosts, TimeProvider clock, ILogger<RemoveLeftovers> log)
    : PerHostSweep(databases, clock, log)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private static readonly string[] Made = [LaunchMachine.Name, CloneMachine.Name];

    protected override async Task RunHostAsync(string host, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Every, Clock);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                await SweepAsync(host, cancellation);
            }
            catch (Exception e) when (e is HypervisorException or RefusedException)
            {
                // It does not answer, or was removed; who asks for its status hears why.
                Log.LogDebug(e, "Host {Host} could not be searched for leftovers", host);
            }
        }
    }

    private async Task SweepAsync(string host, CancellationToken cancellation)
    {
        var driver = await hosts.DriverAsync(host, cancellation);
        var found = (await driver.ListAsync(cancellation)).Select(m => m.MachineId).OfType<string>().ToList();
        if (found.Count == 0) return;
        await using var db = await Databases.CreateDbContextAsync(cancellation);
        var known = await db.Machines.Where(m => found.Contains(m.Id)).Select(m => m.Id).ToListAsync(cancellation);
        var strange = found.Except(known, StringComparer.Ordinal).ToList();
        if (strange.Count == 0) return;
        var ended = await db.Operations.AsNoTracking()
            .Where(o => strange.Contains(o.SubjectId) && ((o.Kind == DeleteMachine.Name && o.Status == OperationStatus.Succeeded)
                || (Made.Contains(o.Kind) && o.Status == OperationStatus.Cancelled)))
            .Select(o => o.SubjectId).Distinct().ToListAsync(cancellation);
        foreach (var id in ended)
        {
            log.LogWarning("Machine {Id} is still on host {Host} although it was deleted; it is removed", id, host);
            await driver.DeleteAsync(id, cancellation);
        }
    }
}
