using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Networks;

/// <summary>Addresses by lease, else by agent, else by the host's neighbours. On the user-mode network nobody reaches the guest by address: none then.</summary>
internal sealed class LibvirtAddresses(HostLine line) : IAddresses
{
    // virDomainInterfaceAddressesSource in libvirt-domain.h: lease, agent, arp.
    private static readonly uint[] s_sources = [0, 1, 2];

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation) => line.LookAsync<IReadOnlyList<string>>(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        if (!Domains.IsActive(domain.Handle)) return [];
        var xml = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain.Handle, 0)));
        if (xml.Element("devices")?.Element("interface") is null) return [];
        foreach (var source in s_sources)
        {
            var found = Sort(Ask(domain.Handle, source));
            if (found.Count > 0) return found;
        }

        return [];
    }, cancellation);

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
            // A silent agent, or a network without leases: the next source may know.
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
