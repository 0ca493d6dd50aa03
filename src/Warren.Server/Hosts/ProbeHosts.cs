using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>
/// Sweep. Condition: a host whose probe is older than ten minutes, or missing. Probes it and notes which machines there
/// are not ours; touches nothing.
/// </summary>
internal sealed class ProbeHosts(IServiceScopeFactory scopes, HostDirectory hosts, TimeProvider clock, ILogger<ProbeHosts> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until the local host has been probed once since the server's start, well or badly.</summary>
    public Task FirstAsync(CancellationToken cancellation) => _first.Task.WaitAsync(cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ProbeAsync(HostDirectory.Local, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Probing host {Host} failed", HostDirectory.Local);
            }

            _first.TrySetResult();
            await Task.Delay(Every, clock, stoppingToken);
        }
    }

    /// <summary>Probes one host now and remembers what was found.</summary>
    public async Task ProbeAsync(string name, CancellationToken cancellation)
    {
        var driver = hosts[name];
        HostProbe probe;
        IReadOnlyList<FoundMachine> found = [];
        try
        {
            probe = await driver.ProbeAsync(cancellation);
            found = await driver.ListAsync(cancellation);
        }
        catch (HypervisorException e)
        {
            probe = new HostProbe("", "", "", new HostCapacity(0, 0, 0), new Dictionary<string, string>(StringComparer.Ordinal), [e.Message]);
        }

        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var foreign = found.Where(m => m.MachineId is null).Select(m => m.NativeName).ToList();
        var (probeJson, foreignJson, now) = (JsonSerializer.Serialize(probe, WarrenJson.Options), JsonSerializer.Serialize(foreign), (DateTimeOffset?)clock.GetUtcNow());
        await db.Hosts.Where(h => h.Name == name).ExecuteUpdateAsync(s => s
            .SetProperty(h => h.ProbeJson, probeJson)
            .SetProperty(h => h.ForeignJson, foreignJson)
            .SetProperty(h => h.ProbedAt, now)
            .SetProperty(h => h.Version, h => h.Version + 1), cancellation);
    }

    /// <summary>Makes sure that the local host has its row.</summary>
    public static async Task EnsureLocalAsync(WarrenDb db, IHypervisor local, CancellationToken cancellation)
    {
        var row = await db.Hosts.FirstOrDefaultAsync(h => h.Name == HostDirectory.Local, cancellation);
        if (row is null) db.Hosts.Add(row = new HostRow { Name = HostDirectory.Local, Hypervisor = local.Kind });
        row.Hypervisor = local.Kind;
        await db.SaveChangesAsync(cancellation);
    }
}
