using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>
/// Finds machines. Who is where is asked of the whole cluster at once, so that one that moves is not missed; whether it runs
/// is asked of its node, because the cluster's list is seconds old (pvestatd).
/// </summary>
internal sealed class MachineFinder(ProxmoxClient client, ProxmoxOptions options)
{
    private const int Tries = 5;

    /// <summary>Every machine on the nodes that are this host.</summary>
    internal async Task<IReadOnlyList<ProxmoxMachine>> AllAsync(CancellationToken cancellation) =>
        [.. (await EverywhereAsync(cancellation)).Where(m => options.Nodes.Count == 0 || options.Nodes.Contains(m.Node))];

    /// <summary>Every machine of the cluster that the account may see.</summary>
    internal async Task<IReadOnlyList<ProxmoxMachine>> EverywhereAsync(CancellationToken cancellation) =>
        [.. (await ResourcesAsync(cancellation)).Select(ProxmoxMachine.Read).OfType<ProxmoxMachine>()];

    /// <summary>Numbers that are taken, by containers too.</summary>
    internal async Task<HashSet<int>> NumbersAsync(CancellationToken cancellation) =>
        [.. (await ResourcesAsync(cancellation)).Select(r => Fields.Small(r, "vmid")).OfType<int>()];

    /// <summary>Ours of an id, whole or not; null when there is none.</summary>
    internal async Task<ProxmoxMachine?> FindAsync(string id, CancellationToken cancellation) =>
        (await AllAsync(cancellation)).FirstOrDefault(m => m.Id == id && !m.Template);

    /// <summary>Ours of an id, whole.</summary>
    /// <exception cref="HypervisorException">NotFound; Busy while it is being made.</exception>
    internal async Task<ProxmoxMachine> RequireAsync(string id, CancellationToken cancellation)
    {
        var machine = await FindAsync(id, cancellation) ?? throw NotFound(id);
        return machine.Building ? throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {id} is being made") : machine;
    }

    /// <summary>Ours of an id, with how it stands now.</summary>
    internal async Task<(ProxmoxMachine Machine, JsonObject Status)> RequireStatusAsync(string id, CancellationToken cancellation)
    {
        for (var left = Tries; ; left--)
        {
            var machine = await RequireAsync(id, cancellation);
            if (await StatusAsync(machine, cancellation) is { } status) return (machine, status);
            // It has moved, or is gone: the next look tells.
            if (left == 0) throw NotFound(id);
        }
    }

    /// <summary>Ours of an id, which must run or be paused.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    internal async Task<(ProxmoxMachine Machine, ObservedPower Power)> RequireRunningAsync(string id, CancellationToken cancellation)
    {
        var (machine, status) = await RequireStatusAsync(id, cancellation);
        var power = PowerWords.Read(status);
        return power is ObservedPower.Off or ObservedPower.Suspended ? throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run") : (machine, power);
    }

    /// <summary>How it stands on its node; null when it is not there any more.</summary>
    internal async Task<JsonObject?> StatusAsync(ProxmoxMachine machine, CancellationToken cancellation)
    {
        try
        {
            return Fields.Object(await client.GetAsync(machine.Path("status", "current"), cancellation), "status");
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>The machine's configuration.</summary>
    internal async Task<MachineConfig> ConfigAsync(ProxmoxMachine machine, CancellationToken cancellation) =>
        new(Fields.Object(await client.GetAsync(machine.Path("config"), cancellation), "config"));

    internal static HypervisorException NotFound(string id) => new(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");

    private async Task<IReadOnlyList<JsonObject>> ResourcesAsync(CancellationToken cancellation) =>
        Fields.List(await client.GetAsync("/cluster/resources", cancellation, new Form().With("type", "vm")), "resources");
}
