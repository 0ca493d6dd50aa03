using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Networks;

/// <summary>Addresses by lease, else by agent, else by the host's neighbours. On the user-mode network nobody reaches the guest by address: none then.</summary>
internal sealed class LibvirtAddresses(HostLine line, LibvirtAgent agent) : IAddresses
{
    // virDomainInterfaceAddressesSource in libvirt-domain.h. The third, 1, asks the agent without a limit: we ask it ourselves.
    private const uint Lease = 0, Neighbours = 2;

    private static readonly TimeSpan s_agentLimit = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
    {
        if (await FindAsync(machineId, Lease, cancellation) is not { } leases) return [];
        if (leases.Count > 0) return leases;
        if (await AskAgentAsync(machineId, cancellation) is { Count: > 0 } told) return told;
        return await FindAsync(machineId, Neighbours, cancellation) ?? [];
    }

    /// <summary>The same without what the guest's agent says: addresses that libvirt's own network has given, or at which the host has seen the guest.</summary>
    internal async Task<IReadOnlyList<string>> SeenAsync(string machineId, CancellationToken cancellation) =>
        await FindAsync(machineId, Lease, cancellation) is { Count: > 0 } leases ? leases : await FindAsync(machineId, Neighbours, cancellation) ?? [];

    /// <summary>What one source knows; null: the machine is off, or has no network card that libvirt knows.</summary>
    private Task<IReadOnlyList<string>?> FindAsync(string machineId, uint source, CancellationToken cancellation) => line.LookAsync<IReadOnlyList<string>?>(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        if (!Domains.IsActive(domain.Handle)) return null;
        var xml = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain.Handle, 0)));
        return xml.Element("devices")?.Element("interface") is null ? null : Sort(Ask(domain.Handle, source));
    }, cancellation);

    private async Task<IReadOnlyList<string>> AskAgentAsync(string machineId, CancellationToken cancellation)
    {
        try
        {
            var cards = await agent.AskAsync(machineId, "guest-network-get-interfaces", null, s_agentLimit, cancellation) as JsonArray;
            return Sort((cards ?? []).SelectMany(c => c?["ip-addresses"] as JsonArray ?? []).Select(a => (string?)a?["ip-address"]).OfType<string>());
        }
        catch (Exception e) when (e is HypervisorException or GuestAgentRefusal or InvalidOperationException)
        {
            // Silent, absent, or of another mind.
            return [];
        }
    }

    /// <summary>IPv4 before IPv6, without loopback, link-local and what is no address.</summary>
    internal static IReadOnlyList<string> Sort(IEnumerable<string> addresses) =>
    [
        .. addresses.Select(a => IPAddress.TryParse(a, out var address) ? address : null).OfType<IPAddress>()
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal && !(a.AddressFamily == AddressFamily.InterNetwork && a.GetAddressBytes() is [169, 254, ..]))
            .Distinct().OrderBy(a => a.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).Select(a => a.ToString()),
    ];

    private static unsafe List<string> Ask(DomainHandle domain, uint source)
    {
        var addresses = new List<string>();
        var count = LibVirt.DomainInterfaceAddresses(domain, out var interfaces, source, 0);
        if (count < 0)
        {
            // A network without leases: the next source may know.
            var failure = VirError.Last();
            return failure.From is 7 or 13 ? throw failure : addresses;
        }

        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < interfaces[i]->AddressCount; j++)
                if (Marshal.PtrToStringUTF8((nint)interfaces[i]->Addresses[j].Address) is { } address) addresses.Add(address);
            LibVirt.DomainInterfaceFree(interfaces[i]);
        }

        LibVirt.Free((nint)interfaces);
        return addresses;
    }
}
