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
/// nobody. Machines that were not made here, adopted ones and another server's among them, are never touched, nor what
/// comes back long after, from somebody's backup say.
/// </summary>
internal sealed class RemoveLeftovers(
    IDbContextFactory<WarrenDb> databases, HostDirectory hosts, MachineOptions options, TimeProvider clock, ILogger<RemoveLeftovers> log)
    : PerHostSweep(databases, clock, log)
{
    /// <summary>No worker stalls for longer.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);

    private static readonly string[] Made = [LaunchMachine.Name, CloneMachine.Name];

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
        var found = (await driver.ListAsync(cancellation)).Select(m => m.MachineId).OfType<string>().ToList();
        if (found.Count == 0) return;
        await using var db = await Databases.CreateDbContextAsync(cancellation);
        var known = await db.Machines.Where(m => found.Contains(m.Id)).Select(m => m.Id).ToListAsync(cancellation);
        var strange = found.Except(known, StringComparer.Ordinal).ToList();
        if (strange.Count == 0) return;
        var since = Clock.GetUtcNow() - Recent;
        var ours = db.Operations.Where(o => strange.Contains(o.SubjectId) && Made.Contains(o.Kind)).Select(o => o.SubjectId);
        var ended = await db.Operations.AsNoTracking()
            .Where(o => ours.Contains(o.SubjectId) && o.EndedAt > since && ((o.Kind == DeleteMachine.Name && o.Status == OperationStatus.Succeeded)
                || (o.Kind == LaunchMachine.Name && o.Status == OperationStatus.Cancelled)
                || (o.Kind == CloneMachine.Name && (o.Status == OperationStatus.Cancelled || o.Status == OperationStatus.Failed))))
            .Select(o => o.SubjectId).Distinct().ToListAsync(cancellation);
        foreach (var id in ended) await RemoveAsync(driver, host, id, cancellation);
    }

    private async Task RemoveAsync(IHypervisor driver, string host, string id, CancellationToken cancellation)
    {
        log.LogWarning("Machine {Id} is still on host {Host} although it was deleted; it is removed", id, host);
        try
        {
            await driver.DeleteAsync(id, cancellation);
        }
        catch (HypervisorException e)
        {
            log.LogWarning(e, "Machine {Id} could not be removed from host {Host}; it is tried again", id, host);
        }
    }
}
