using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>
/// Admits a machine to a host: the sum of promised memory stays below what the host has, and what the machines there and the new one
/// will still take below what is really free, whoever takes the rest.
/// </summary>
internal sealed class HostAdmission(WarrenDb db, HostMemories memories, HostOptions options)
{
    /// <summary>States in which a machine's memory is promised.</summary>
    public static readonly MachineState[] Holding =
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
        if (Full(row, await LoadAsync(machineId, cancellation), memoryMiB, count) is { } full) throw new RefusedException(Problems.Capacity($"memoryMiB: {full}"));
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
    public string? Full(HostRow row, IReadOnlyDictionary<string, HostLoad> loads, int memoryMiB, int count = 1)
    {
        var load = loads.GetValueOrDefault(row.Name) ?? new HostLoad(0, 0, 0);
        var (all, each) = (UsableMiB(row), memoryMiB + options.OverheadMiB);
        var free = all - load.PromisedMiB;
        var asked = $"{(count == 1 ? "" : $"{count} times ")}{memoryMiB} MiB (and {options.OverheadMiB} MiB overhead) do not fit";
        if (each * (long)count > free) return $"{asked}; {Math.Max(0, free)} of {all} MiB are free on host '{row.Name}'. Stop or delete a machine, or ask for less.";
        if (memories.Of(row.Name) is not { } now) return null;
        var available = now.AvailableMiB + load.GivenBackMiB;
        var real = Math.Max(0, available - load.ToComeMiB - options.FreeMemoryMiB);
        return Expected(each) * count <= real ? null
            : $"{asked}; of {available} MiB that are really free on host '{row.Name}' machines there may still take {load.ToComeMiB} and {options.FreeMemoryMiB} stay free. Something else takes its memory; end that, stop or delete a machine, or ask for less.";
    }

    /// <summary>What is promised on each host, and what of it is still to come.</summary>
    /// <param name="exceptMachine">A machine that does not count, or null.</param>
    /// <param name="cancellation">Stops it.</param>
    public async Task<Dictionary<string, HostLoad>> LoadAsync(string? exceptMachine, CancellationToken cancellation)
    {
        var promised = await UsedAsync(db, options, exceptMachine, cancellation);
        var telling = memories.Telling();
        var machines = telling.Count == 0 ? [] : await db.Machines.Where(m => m.Id != exceptMachine && Holding.Contains(m.State) && (telling.Contains(m.Host) || telling.Contains(m.MovingTo!)))
            .Select(m => new { m.Id, m.Host, m.MovingTo, m.MemoryMib }).ToListAsync(cancellation);
        return promised.Keys.Union(telling).ToDictionary(host => host, host =>
        {
            var (seen, there) = (memories.Of(host)?.Machines, machines.Where(m => m.Host == host || m.MovingTo == host).ToDictionary(m => m.Id, m => m.MemoryMib + options.OverheadMiB, StringComparer.Ordinal));
            // Pages of a golden image's file are not a fork's own, and it may still write all of them.
            return new HostLoad(promised.GetValueOrDefault(host),
                there.Sum(m => Math.Max(0, Expected(m.Value) - (seen?.GetValueOrDefault(m.Key)?.PrivateMiB ?? 0))),
                seen?.Where(s => !there.ContainsKey(s.Key)).Sum(s => s.Value.PrivateMiB) ?? 0);
        }, StringComparer.Ordinal);
    }

    /// <summary>What a machine is trusted to take of what it was promised.</summary>
    private long Expected(long promisedMiB) => (long)Math.Ceiling(promisedMiB / options.MemoryOvercommit);

    /// <summary>Memory of a host that may be promised to machines; more than it has only where it tells what is really free.</summary>
    public long UsableMiB(HostRow row) => UsableMiB(row, row.Probe!, options, memories);

    /// <inheritdoc cref="UsableMiB(HostRow)"/>
    public static long UsableMiB(HostRow row, HostProbe probe, HostOptions options, HostMemories memories)
        => (long)(Math.Max(0, probe.Capacity.MemoryMiB - (row.ReservedMemoryMib ?? options.ReservedMemoryMiB)) * (memories.Of(row.Name) is null ? 1 : options.MemoryOvercommit));

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

/// <summary>Memory of machines that are on or starting on a host, in MiB.</summary>
/// <param name="PromisedMiB">What they may take.</param>
/// <param name="ToComeMiB">What they are trusted to take and have not taken yet.</param>
/// <param name="GivenBackMiB">What others had when the host was last looked at, who are off or gone since, or do not count.</param>
internal sealed record HostLoad(long PromisedMiB, long ToComeMiB, long GivenBackMiB);
