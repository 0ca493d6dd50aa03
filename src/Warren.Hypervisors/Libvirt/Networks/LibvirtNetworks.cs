using System.Globalization;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Networks;

/// <summary>Virtual networks of the daemon.</summary>
internal sealed class LibvirtNetworks(HostLine line) : INetworks
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<HostNetwork>> ListAsync(CancellationToken cancellation) => line.LookAsync<IReadOnlyList<HostNetwork>>(All, cancellation);

    /// <inheritdoc/>
    public Task CreateAsync(HostNetwork network, CancellationToken cancellation)
    {
        DefinitionRules.CheckNetwork(network.Name);
        return line.ChangeAsync(connection =>
        {
            var all = All(connection);
            var wanted = network is { Range: null, Mode: NetworkMode.Nat or NetworkMode.Isolated }
                ? network with { Range = all.FirstOrDefault(n => n.Name == network.Name)?.Range ?? Free(all) }
                : network;
            var xml = NetworkXml.Build(wanted);
            if (all.FirstOrDefault(n => n.Name == network.Name) is { } there)
            {
                if (!there.Ours || there.Mode != wanted.Mode || there.Range != wanted.Range || (wanted.Bridge is not null && there.Bridge != wanted.Bridge))
                    throw new HypervisorException(HypervisorErrorKind.Rejected, $"network: the name {network.Name} is taken by another network");
            }
            else if (wanted.Range is { } range && all.FirstOrDefault(n => n.Range is { } r && Range(r).Overlaps(Ipv4Range.Parse(range))) is { } other)
            {
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"network: the range {range} is used by the network {other.Name}");
            }

            using var made = VirError.Find(LibVirt.NetworkLookup(connection.Handle, network.Name), VirError.NoNetwork)
                ?? VirError.Check(LibVirt.NetworkDefine(connection.Handle, xml.ToString()));
            Start(made);
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellation)
    {
        DefinitionRules.CheckNetwork(name);
        return line.ChangeAsync(connection =>
        {
            using var network = VirError.Find(LibVirt.NetworkLookup(connection.Handle, name), VirError.NoNetwork);
            if (network is null) return;
            if (!Read(network).Ours) throw new HypervisorException(HypervisorErrorKind.Rejected, $"network {name} is not ours");
            if (UserOf(connection, name) is { } user)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"network {name} is used by the machine {user}");
            if (LibVirt.NetworkIsActive(network) == 1) VirError.Check(LibVirt.NetworkDestroy(network));
            VirError.Check(LibVirt.NetworkUndefine(network));
        }, cancellation);
    }

    private static void Start(NetworkHandle network)
    {
        if (LibVirt.NetworkIsActive(network) != 1 && LibVirt.NetworkCreate(network) < 0)
        {
            // Another caller may have started it at the same time; else nothing half-made is left.
            var failure = VirError.Last();
            if (LibVirt.NetworkIsActive(network) != 1)
            {
                if (LibVirt.NetworkUndefine(network) < 0) LibVirt.ResetLastError();
                throw failure;
            }
        }

        VirError.Check(LibVirt.NetworkSetAutostart(network, 1));
    }

    private static List<HostNetwork> All(Connection connection)
    {
        var count = VirError.Check(LibVirt.ConnectListAllNetworks(connection.Handle, out var array, 0));
        var list = new List<HostNetwork>();
        foreach (var network in VirHandle.Take<NetworkHandle>(array, count))
        {
            using (network) list.Add(Read(network));
        }

        return list;
    }

    private static HostNetwork Read(NetworkHandle network) =>
        NetworkXml.Read(XmlText.Parse(VirError.Take(LibVirt.NetworkGetXml(network, 0))), LibVirt.NetworkIsActive(network) == 1);

    private static string? UserOf(Connection connection, string network)
    {
        string? user = null;
        foreach (var domain in Domains.All(connection))
        {
            using (domain)
            {
                var text = LibVirt.DomainGetXml(domain, 0);
                if (text == 0)
                {
                    LibVirt.ResetLastError();
                    continue;
                }

                var cards = XmlText.Parse(VirError.Take(text)).Element("devices")?.Elements("interface") ?? [];
                if (cards.Any(c => (string?)c.Element("source")?.Attribute("network") == network)) user = Domains.Name(domain);
            }
        }

        return user;
    }

    private static string Free(IReadOnlyList<HostNetwork> taken) => Enumerable.Range(150, 100)
        .Select(i => string.Create(CultureInfo.InvariantCulture, $"192.168.{i}.0/24"))
        .FirstOrDefault(r => taken.All(n => n.Range is not { } used || !Range(used).Overlaps(Ipv4Range.Parse(r))))
        ?? throw new HypervisorException(HypervisorErrorKind.Rejected, "network: no range is free; state one");

    /// <summary>A range as <see cref="Ipv4Range.ToString"/> writes it; others' may be public.</summary>
    private static Ipv4Range Range(string text)
    {
        var parts = text.Split('/');
        return Ipv4Range.Of(System.Net.IPAddress.Parse(parts[0]), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
