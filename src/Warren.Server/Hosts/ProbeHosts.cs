using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>
/// Sweep. Condition: a host whose probe is older than its interval (ten minutes; seconds, then up to a minute, while it does
/// not answer). Probes it and notes which machines there are not ours; between probes its machines are listed, which also
/// shows whether it still answers. Touches nothing.
/// </summary>
internal sealed class ProbeHosts : PerHostSweep
{
    private readonly HostDirectory _hosts;
    private readonly HostObservations _observations;
    private readonly HostOptions _options;
    private readonly ConcurrentDictionary<string, Signals> _wake = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProbeHosts(
        HostNames names, IDbContextFactory<WarrenDb> databases, HostDirectory hosts, HostObservations observations, HostOptions options, TimeProvider clock, ILogger<ProbeHosts> log)
        : base(names, databases, clock, log)
    {
        (_hosts, _observations, _options) = (hosts, observations, options);
        hosts.Turned = Wake;
    }

    /// <summary>Waits until the local host has been probed once since the server's start, well or badly.</summary>
    public Task FirstAsync(CancellationToken cancellation) => _first.Task.WaitAsync(cancellation);

    /// <summary>Lets a host be probed now: it has been changed, or was found silent.</summary>
    public void Wake(string host) => Signal(host).PulseAll();

    /// <summary>Probes one host now and remembers what was found.</summary>
    /// <returns>How it stands with the host.</returns>
    public async Task<HostState> ProbeAsync(string host, CancellationToken cancellation)
    {
        try
        {
            var driver = await _hosts.FindAsync(host, cancellation);
            // Said before the probe, which may take its time to find the same.
            if (driver.Guard.OpenReason is { } reason) await _observations.StandsAsync(host, HostState.Unreachable, reason, cancellation);
            var probe = await driver.Driver.ProbeAsync(cancellation);
            var found = await driver.Driver.ListAsync(cancellation);
            await _observations.FoundAsync(host, probe, found, await NetworksAsync(driver.Driver, cancellation), cancellation);
            var state = probe.Problems.Count == 0 ? HostState.Online : HostState.Degraded;
            await _observations.StandsAsync(host, state, state == HostState.Online ? null : string.Join("; ", probe.Problems), cancellation);
            return state;
        }
        catch (HypervisorException e)
        {
            var state = e.Kind is HypervisorErrorKind.Unreachable or HypervisorErrorKind.Busy ? HostState.Unreachable : HostState.Refused;
            await _observations.StandsAsync(host, state, e.Message, cancellation);
            return state;
        }
        catch (RefusedException)
        {
            // Removed meanwhile; its loop ends.
            return HostState.Pending;
        }
    }

    protected override async Task RunHostAsync(string host, CancellationToken cancellation)
    {
        for (var failures = 0; ;)
        {
            var next = Signal(host).Next;
            try
            {
                failures = await ProbeAsync(host, cancellation) is HostState.Unreachable or HostState.Refused ? failures + 1 : 0;
            }
            finally
            {
                if (host == HostDirectory.Local) _first.TrySetResult();
            }

            if (failures > 0) await Signal(host).WaitAsync(next, Backoff(failures), cancellation);
            else await WatchAsync(host, next, cancellation);
        }
    }

    /// <summary>Until the next probe is due, somebody wants one, or the host does not answer any more.</summary>
    private async Task WatchAsync(string host, Task wanted, CancellationToken cancellation)
    {
        var began = Clock.GetTimestamp();
        while (_options.ProbeEvery - Clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
        {
            await Signal(host).WaitAsync(wanted, left < _options.LookEvery ? left : _options.LookEvery, cancellation);
            if (wanted.IsCompleted) return;
            try
            {
                await _observations.FoundAsync(host, await (await _hosts.DriverAsync(host, cancellation)).ListAsync(cancellation), cancellation);
            }
            catch (Exception e) when (e is HypervisorException or RefusedException)
            {
                return;
            }
        }
    }

    private static async Task<IReadOnlyList<string>?> NetworksAsync(IHypervisor driver, CancellationToken cancellation)
    {
        if (driver.Networks is null) return null;
        try
        {
            return [.. (await driver.Networks.ListAsync(cancellation)).Select(n => n.Name)];
        }
        catch (HypervisorException e) when (e.Kind != HypervisorErrorKind.Unreachable)
        {
            return null;
        }
    }

    /// <summary>One second doubling to the longest pause, each up to half longer by chance.</summary>
    private TimeSpan Backoff(int failures)
    {
        var seconds = Math.Min(_options.ProbeAgainAtMost.TotalSeconds, Math.Pow(2, Math.Min(failures, 12) - 1));
        return TimeSpan.FromSeconds(seconds * (1 + RandomNumberGenerator.GetInt32(500) / 1000.0));
    }

    private Signals Signal(string host) => _wake.GetOrAdd(host, _ => new Signals(Clock));
}
