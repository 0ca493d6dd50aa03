using System.Collections.Concurrent;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>What a host tells of its machines by itself, where its driver has that. Listens again when the connection is lost.</summary>
internal sealed class HostNews(string host, HostDirectory hosts, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan ListenAgain = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, byte> _changed = new(StringComparer.Ordinal);
    private readonly Signals _told = new(clock);
    private volatile bool _listening;

    /// <summary>Whether changes are being told; else machines must be looked at more often.</summary>
    public bool IsListening => _listening;

    /// <summary>A point to wait from.</summary>
    public Task Next => _told.Next;

    /// <summary>Waits for news or the time to pass.</summary>
    public Task WaitAsync(Task next, TimeSpan atMost, CancellationToken cancellation) => _told.WaitAsync(next, atMost, cancellation);

    /// <summary>Ids of the machines that have changed since the last time.</summary>
    public IReadOnlyCollection<string> Take() => [.. _changed.Keys.Where(id => _changed.TryRemove(id, out _))];

    /// <summary>Listens until cancelled.</summary>
    public async Task ListenAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if ((await hosts.DriverAsync(host, cancellation)).Changes is { } changes)
                {
                    _listening = true;
                    await foreach (var id in changes.WatchAsync(cancellation))
                    {
                        _changed[id] = 0;
                        _told.PulseAll();
                    }
                }
            }
            catch (Exception e) when (e is HypervisorException or RefusedException)
            {
                log.LogDebug(e, "Host {Host} tells nothing at the moment", host);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _listening = false;
            try
            {
                await Task.Delay(ListenAgain, clock, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
