using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>The nodes that are this host.</summary>
internal sealed class Nodes(ProxmoxClient client, ProxmoxOptions options)
{
    /// <summary>Every node of the cluster as it lists them.</summary>
    internal async Task<IReadOnlyList<JsonObject>> ClusterAsync(CancellationToken cancellation) =>
        Fields.List(await client.GetAsync("/nodes", cancellation), "nodes");

    /// <summary>Those that are ours.</summary>
    internal async Task<IReadOnlyList<JsonObject>> OursAsync(CancellationToken cancellation) =>
        [.. (await ClusterAsync(cancellation)).Where(n => Fields.Text(n, "node") is { } name && (options.Nodes.Count == 0 || options.Nodes.Contains(name)))];

    /// <summary>The one with the most free memory of those that are there.</summary>
    /// <exception cref="HypervisorException">Unreachable when none is; Rejected when there are none of these names.</exception>
    internal async Task<JsonObject> ChooseAsync(CancellationToken cancellation)
    {
        var ours = await OursAsync(cancellation);
        if (ours.Count == 0) throw HostConnection.Wrong("nodes", "must name nodes of the cluster");
        return ours.Where(n => Fields.Text(n, "status") is "online").OrderByDescending(n => Fields.Number(n, "maxmem") - Fields.Number(n, "mem")).FirstOrDefault()
            ?? throw new HypervisorException(HypervisorErrorKind.Unreachable, "no node of this host is online");
    }
}
