using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>Admits a machine to a host: the sum of promised memory stays below what the host has.</summary>
internal sealed class HostAdmission(WarrenDb db, HostOptions options)
{
    /// <summary>States in which a machine's memory is promised.</summary>
    private static readonly MachineState[] Holding =
        [MachineState.Creating, MachineState.Starting, MachineState.Running, MachineState.Paused, MachineState.Stopping, MachineState.Unknown];

    /// <summary>
    /// Locks a host's row until the transaction ends, so that of two that race for the last room one is refused. Who locks
    /// several locks them by name, in order.
    /// </summary>
    /// <exception cref="RefusedException">There is no such host.</exception>
    public async Task<HostRow> LockAsync(string host, CancellationToken cancellation)
    {
        // First, as everybody who changes a host's row: in two orders PostgreSQL sees a deadlock.
        await db.LockEventsAsync(cancellation);
        await db.Hosts.Where(h => h.Name == host).ExecuteUpdateAsync(s => s.SetProperty(h => h.Admissions, h => h.Admissions + 1), cancellation);
        return await db.Hosts.AsNoTracking().SingleOrDefaultAsync(h => h.Name == host, cancellation)
            ?? throw new RefusedException(Problems.Validation("host", $"there is no host '{host}'"));
    }

    /// <summary>
    /// Checks that there is room. Must run in the transaction that gives the machine one of the holding states.
    /// </summary>
    /// <exception cref="RefusedException">The host is full or cannot be used.</exception>
    public async Task DemandRoomAsync(string host, string machineId, int memoryMiB, CancellationToken cancellation, int count = 1)
    {
        var row = await LockAsync(host, cancellation);
        if (Unusable(row) is { } why) throw new RefusedException(Problems.Unavailable($"Host '{host}' {why}."));
        if (Full(row, await UsedAsync(db, options, machineId, cancellation), memoryMiB, count) is { } full) throw new RefusedException(Problems.Capacity($"memoryMiB: {full}"));
    }

    /// <summary>Why nothing can be started there now, or null.</summary>
    public static string? Unusable(HostRow row) => row switch
    {
        { ProbeJson: null, Status: HostState.Pending or HostState.Online } => "has not been probed yet; try again in a moment",
        { Status: HostState.Online } => null,
        { Status: HostState.Unreachable } => $"is unreachable: {row.StatusReason}",
        { Status: HostState.Refused } => $"refuses us: {row.StatusReason}",
        { Status: HostState.Degraded } => $"cannot be used: {row.StatusReason}",
        _ => "has not been probed yet; try again in a moment",
    };

    /// <summary>Why there is no room, or null.</summary>
    public string? Full(HostRow row, IReadOnlyDictionary<string, long> used, int memoryMiB, int count = 1)
    {
        var all = UsableMiB(row, row.Probe!, options);
        var free = all - used.GetValueOrDefault(row.Name);
        return (memoryMiB + options.OverheadMiB) * (long)count <= free ? null
            : $"{(count == 1 ? "" : $"{count} times ")}{memoryMiB} MiB (and {options.OverheadMiB} MiB overhead) do not fit; {Math.Max(0, free)} of {all} MiB are free on host '{row.Name}'. Stop or delete a machine, or ask for less.";
    }

    /// <summary>Memory of a host that machines may use.</summary>
    public static long UsableMiB(HostRow row, HostProbe probe, HostOptions options)
        => Math.Max(0, probe.Capacity.MemoryMiB - (row.ReservedMemoryMib ?? options.ReservedMemoryMiB));

    /// <summary>Memory that is promised, by host. A machine that moves holds its memory on both.</summary>
    public static async Task<Dictionary<string, long>> UsedAsync(WarrenDb db, HostOptions options, string? exceptMachine, CancellationToken cancellation)
    {
        var machines = db.Machines.Where(m => m.Id != exceptMachine && Holding.Contains(m.State));
        var here = await machines.GroupBy(m => m.Host).Select(g => new { Host = g.Key, MiB = g.Sum(m => (long)m.MemoryMib + options.OverheadMiB) }).ToListAsync(cancellation);
        var coming = await machines.Where(m => m.MovingTo != null).GroupBy(m => m.MovingTo!)
            .Select(g => new { Host = g.Key, MiB = g.Sum(m => (long)m.MemoryMib + options.OverheadMiB) }).ToListAsync(cancellation);
        return here.Concat(coming).GroupBy(g => g.Host, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(h => h.MiB), StringComparer.Ordinal);
    }
}
