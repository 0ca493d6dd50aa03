using System.Net;
using System.Net.Sockets;

namespace Warren.Hypervisors.Fake;

/// <summary>Networks that nothing is sent over: their names, ranges and owners are kept strictly.</summary>
internal sealed class FakeNetworks(FakeHypervisor host) : INetworks
{
    private const string Prefix = "network-";

    /// <summary>Every imitated host came with this one; it is not ours.</summary>
    private static readonly HostNetwork s_default =
        new("default", NetworkMode.Nat) { Range = "192.168.122.0/24", Bridge = "fakebr0", Active = true };

    internal static HostNetwork? Find(FakeStore store, string name) =>
        name == s_default.Name ? s_default : store.Find<HostNetwork>(Prefix + name);

    /// <inheritdoc/>
    public Task<IReadOnlyList<HostNetwork>> ListAsync(CancellationToken cancellation) =>
        host.RunAsync<IReadOnlyList<HostNetwork>>("ListNetworks", null, state => [.. All(state.Store)], cancellation);

    /// <inheritdoc/>
    public Task CreateAsync(HostNetwork network, CancellationToken cancellation)
    {
        DefinitionRules.CheckNetwork(network.Name);
        if (network.Mode == NetworkMode.Other) throw Rejected("network.mode must be nat, bridge or isolated");
        if (network.Mode == NetworkMode.Bridge && string.IsNullOrEmpty(network.Bridge)) throw Rejected("network.bridge must be stated");
        if (network.Mode == NetworkMode.Bridge && network.Range is not null) throw Rejected("network.range: a bridge has none of its own");
        var range = network.Range is null ? (IPNetwork?)null : Parse(network.Range);
        return host.RunAsync("CreateNetwork", null, state =>
        {
            if (Find(state.Store, network.Name) is { } known)
            {
                if (!known.Ours || !Same(known, network)) throw Rejected($"network {network.Name} exists already and is another");
                return;
            }

            var all = All(state.Store).Where(n => n.Range is not null).Select(n => IPNetwork.Parse(n.Range!)).ToArray();
            if (range is { } asked && all.Any(n => Overlap(n, asked))) throw Rejected($"network.range {network.Range} is in use on this host");
            state.Store.Put(Prefix + network.Name, network with
            {
                Range = network.Mode == NetworkMode.Bridge ? null : (range ?? Free(all)).ToString(),
                Bridge = network.Mode == NetworkMode.Bridge ? network.Bridge : "fake-" + network.Name,
                Active = true,
                Ours = true,
            });
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation)
    {
        DefinitionRules.CheckNetwork(name);
        return host.RunAsync("DeleteNetwork", null, state =>
        {
            if (Find(state.Store, name) is not { } known) return;
            if (!known.Ours) throw Rejected($"network {name} is not ours");
            if (state.All().FirstOrDefault(m => m.Definition.Network == name) is { } user)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"network {name} is used by machine {user.Definition.Id}");
            state.Store.Remove(Prefix + name);
        }, cancellation);
    }

    private static IEnumerable<HostNetwork> All(FakeStore store) => store.Keys()
        .Where(k => k.StartsWith(Prefix, StringComparison.Ordinal)).Select(k => store.Find<HostNetwork>(k)!).Prepend(s_default);

    private static bool Same(HostNetwork known, HostNetwork asked) => known.Mode == asked.Mode
        && (asked.Range is null || known.Range == Parse(asked.Range).ToString())
        && (asked.Mode != NetworkMode.Bridge || known.Bridge == asked.Bridge);

    private static IPNetwork Parse(string range) =>
        IPNetwork.TryParse(range, out var parsed) && parsed.BaseAddress.AddressFamily == AddressFamily.InterNetwork && parsed.PrefixLength is >= 8 and <= 30
            ? parsed
            : throw Rejected("network.range must look like 192.168.150.0/24");

    private static bool Overlap(IPNetwork one, IPNetwork two) => one.Contains(two.BaseAddress) || two.Contains(one.BaseAddress);

    private static IPNetwork Free(IPNetwork[] taken) => Enumerable.Range(150, 100)
        .Select(n => new IPNetwork(new IPAddress([192, 168, (byte)n, 0]), 24))
        .Cast<IPNetwork?>().FirstOrDefault(n => !taken.Any(t => Overlap(t, n!.Value)))
        ?? throw Rejected("network.range: no range is free on this host");

    private static HypervisorException Rejected(string message) => new(HypervisorErrorKind.Rejected, message);
}
