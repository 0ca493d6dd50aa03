using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>Admits a machine to a host: the sum of promised memory stays below what the host has.</summary>
internal sealed class HostAdmission(WarrenDb db, HostOptions options, ProbeHosts probes)
{
    /// <summary>States in which a machine's memory is promised.</summary>
    private static readonly MachineState[] Holding =
        [MachineState.Creating, MachineState.Starting, MachineState.Running, MachineState.Paused, MachineState.Stopping, MachineState.Unknown];

    /// <summary>
    /// Waits for the very first probe of a host, which takes some seconds after the server's first start: who launches right
    /// away is not refused. Call it outside a transaction.
    /// </summary>
    public async Task AwaitFirstProbeAsync(string hostName, CancellationToken cancellation)
    {
        if (await db.Hosts.AnyAsync(h => h.Name == hostName && h.ProbeJson == null, cancellation)) await probes.FirstAsync(cancellation);
    }

    /// <summary>
    /// Checks that there is room. Must run in the transaction that gives the machine one of the holding states: it
    /// locks the host's row, so that of two launches that race for the last room one is refused.
    /// </summary>
    /// <exception cref="RefusedException">The host is full or has not been probed.</exception>
    public async Task DemandRoomAsync(string hostName, string machineId, int memoryMiB, CancellationToken cancellation)
    {
        await db.Hosts.Where(h => h.Name == hostName).ExecuteUpdateAsync(s => s.SetProperty(h => h.Version, h => h.Version + 1), cancellation);
        var host = await db.Hosts.AsNoTracking().SingleAsync(h => h.Name == hostName, cancellation);
        var probe = HostViews.Probe(host) ?? throw new RefusedException(Problems.Capacity($"host: '{hostName}' has not been probed yet; try again in a moment"));
        if (probe.Problems.Count > 0) throw new RefusedException(Problems.Unsupported($"host '{hostName}': {string.Join("; ", probe.Problems)}"));
        var all = UsableMiB(probe);
        var used = await UsedMiBAsync(hostName, machineId, cancellation);
        var wanted = memoryMiB + options.OverheadMiB;
        if (used + wanted > all)
        {
            throw new RefusedException(Problems.Capacity(
                $"memoryMiB: {memoryMiB} MiB (and {options.OverheadMiB} MiB overhead) do not fit; {Math.Max(0, all - used)} of {all} MiB are free on host '{hostName}'. Stop or delete a machine, or ask for less."));
        }
    }

    public long UsableMiB(HostProbe probe) => Math.Max(0, probe.Capacity.MemoryMiB - options.ReservedMemoryMiB);

    public async Task<long> UsedMiBAsync(string hostName, string? exceptMachine, CancellationToken cancellation)
        => await db.Machines.Where(m => m.Host == hostName && m.Id != exceptMachine && Holding.Contains(m.State))
            .SumAsync(m => (long)m.MemoryMib + options.OverheadMiB, cancellation);
}
