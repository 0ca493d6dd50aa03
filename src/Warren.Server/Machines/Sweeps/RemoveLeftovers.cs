using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a machine or warm image is on a host and in no row, and this server has deleted it or taken back what made it. A step
/// whose worker stalled past its lease can end after another has finished the operation: what it made then belongs to
/// nobody. Machines that were not made here, adopted ones and another server's among them, are never touched, nor what
/// comes back long after, from somebody's backup say.
/// </summary>
internal sealed class RemoveLeftovers(
    HostNames names, IDbContextFactory<WarrenDb> databases, HostDirectory hosts, MachineOptions options, TimeProvider clock, ILogger<RemoveLeftovers> log)
    : PerHostSweep(names, databases, clock, log)
{
    /// <summary>No worker stalls for longer.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);

    protected override async Task RunHostAsync(string host, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.LeftoverSearchSeconds), Clock);
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
        var machines = (await driver.ListAsync(cancellation)).Select(m => m.MachineId).OfType<string>().ToList();
        var images = driver.Forks is null ? [] : await driver.Forks.ListAsync(cancellation);
        if (machines.Count + images.Count == 0) return;
        await using var db = await Databases.CreateDbContextAsync(cancellation);
        var gone = await Leftovers.OfAsync(db, host, [.. machines.Union(images, StringComparer.Ordinal)], Clock.GetUtcNow() - Recent, cancellation);
        foreach (var id in machines.Where(gone.Contains)) await RemoveAsync(id, host, c => driver.DeleteAsync(id, c), cancellation);
        foreach (var id in images.Where(gone.Contains)) await RemoveAsync(id, host, c => driver.Forks!.DeleteAsync(id, c), cancellation);
    }

    private async Task RemoveAsync(string id, string host, Func<CancellationToken, Task> remove, CancellationToken cancellation)
    {
        log.LogWarning("{Id} is still on host {Host} although it was deleted; it is removed", id, host);
        try
        {
            await remove(cancellation);
        }
        catch (HypervisorException e)
        {
            log.LogWarning(e, "{Id} could not be removed from host {Host}; it is tried again", id, host);
        }
    }
}
