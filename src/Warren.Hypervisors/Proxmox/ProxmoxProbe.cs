using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>What the server says of itself, and whether what the settings name is there.</summary>
internal sealed class ProxmoxProbe(ProxmoxClient client, Nodes nodes, ProxmoxOptions options)
{
    private const int Oldest = 7;

    internal async Task<HostProbe> RunAsync(CancellationToken cancellation)
    {
        var answer = await client.GetAsync("/version", cancellation);
        var (version, major) = (ServerVersion.Text(answer), ServerVersion.Major(answer));
        var problems = new List<string>();
        if (major < Oldest)
            problems.Add($"Proxmox VE {version} is too old: the driver speaks 7 and newer");
        var ours = await nodes.OursAsync(cancellation);
        var missing = options.Nodes.Except(ours.Select(n => Fields.Text(n, "node")!), StringComparer.Ordinal).ToList();
        if (missing.Count > 0) problems.Add($"settings.nodes names what the cluster does not have: {string.Join(", ", missing)}");
        var online = ours.Where(n => Fields.Text(n, "status") == "online").ToList();
        if (online.Count == 0) problems.Add("no node of this host is online");
        long free = 0;
        var kvm = online.Count > 0;
        foreach (var name in online.Select(n => Fields.Text(n, "node")!))
        {
            free = Math.Max(free, await CheckStorageAsync(name, options.Storage, "storage", "images", problems, cancellation));
            await CheckStorageAsync(name, options.ImageStorage, "imageStorage", major >= 9 ? "import,iso" : "iso", problems, cancellation);
            await CheckBridgeAsync(name, problems, cancellation);
            kvm &= Fields.Flag((await StatusAsync(name, cancellation))["cpuinfo"], "hvm");
        }

        var capacity = new HostCapacity(online.Sum(n => (Fields.Number(n, "maxmem") ?? 0) >> 20), (int)Math.Min(int.MaxValue, online.Sum(n => (long)Math.Max(0, Fields.Small(n, "maxcpu") ?? 0))), free >> 30);
        var facts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["nodes"] = string.Join(", ", ours.Select(n => $"{Fields.Text(n, "node")} ({Fields.Text(n, "status")})")),
            ["trust"] = options.Fingerprint is not null ? "pinned certificate" : options.Authority is not null ? "stated authority" : "authorities of the system",
            ["login"] = options.Token is not null ? "API token" : "ticket",
        };
        return new HostProbe($"Proxmox VE {version}", kvm ? "kvm" : "tcg", kvm
            ? "every node says that its processor has virtualisation (cpuinfo.hvm); no guest was booted to prove it"
            : "not every node says that its processor has virtualisation (cpuinfo.hvm)", capacity, facts, problems);
    }

    private async Task<JsonObject> StatusAsync(string node, CancellationToken cancellation) =>
        Fields.Object(await client.GetAsync(Form.Path("nodes", node, "status"), cancellation), "node");

    private async Task<long> CheckStorageAsync(string node, string storage, string setting, string wanted, List<string> problems, CancellationToken cancellation)
    {
        try
        {
            var status = Fields.Object(await client.GetAsync(Form.Path("nodes", node, "storage", storage, "status"), cancellation), "storage");
            var content = (Fields.Text(status, "content") ?? "").Split(',');
            var lacking = wanted.Split(',').Except(content, StringComparer.Ordinal).ToList();
            if (lacking.Count > 0) problems.Add($"settings.{setting}: {storage} on {node} lacks the content type {string.Join(" and ", lacking)}: add it under Datacenter, Storage");
            if (!Fields.Flag(status, "active")) problems.Add($"settings.{setting}: {storage} is not active on {node}");
            return Fields.Number(status, "avail") ?? 0;
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Rejected or HypervisorErrorKind.NotFound)
        {
            problems.Add($"settings.{setting}: {e.Message}");
            return 0;
        }
    }

    private async Task CheckBridgeAsync(string node, List<string> problems, CancellationToken cancellation)
    {
        var bridges = Fields.List(await client.GetAsync(Form.Path("nodes", node, "network"), cancellation, new Form().With("type", "any_bridge")), "network");
        if (bridges.All(b => Fields.Text(b, "iface") != options.Bridge)) problems.Add($"settings.bridge: {node} has no bridge {options.Bridge}");
    }
}
