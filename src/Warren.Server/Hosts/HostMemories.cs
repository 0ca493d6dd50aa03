using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>What hosts last said of their memory. Kept in this process: each replica looks for itself.</summary>
internal sealed class HostMemories(TimeProvider clock)
{
    /// <summary>What is older says nothing of now.</summary>
    public static readonly TimeSpan Good = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (HostMemory Memory, DateTimeOffset At)> _last = new(StringComparer.Ordinal);

    public void Put(string host, HostMemory memory) => _last[host] = (memory, clock.GetUtcNow());

    /// <summary>Hosts that tell.</summary>
    public List<string> Telling() => [.. _last.Keys.Where(h => Of(h) is not null)];

    /// <summary>Null where the host does not tell, or has not lately.</summary>
    public HostMemory? Of(string host) => _last.TryGetValue(host, out var last) && clock.GetUtcNow() - last.At <= Good ? last.Memory : null;
}

/// <summary>
/// Sweep. Condition: a host that can tell what its memory is taken by. Asks it every few seconds; nothing is written. A host that does
/// not answer is judged by what was promised there alone.
/// </summary>
internal sealed class LookAtMemory(
    HostNames names, IDbContextFactory<WarrenDb> databases, HostDirectory hosts, HostMemories memories, HostOptions options, TimeProvider clock, ILogger<LookAtMemory> log)
    : PerHostSweep(names, databases, clock, log)
{
    protected override async Task RunHostAsync(string host, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(options.MemoryEvery, Clock);
        do
        {
            try
            {
                if ((await hosts.DriverAsync(host, cancellation)).MemoryUse is not { } facet) continue;
                await using var db = await Databases.CreateDbContextAsync(cancellation);
                var on = await db.Machines.AsNoTracking().Where(m => m.Host == host && HostAdmission.Holding.Contains(m.State)).Select(m => m.Id).ToListAsync(cancellation);
                memories.Put(host, await facet.LookAsync(on, cancellation));
            }
            catch (Exception e) when (e is HypervisorException or RefusedException)
            {
                Log.LogDebug(e, "Host {Host} does not say what its memory is taken by", host);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }
}
