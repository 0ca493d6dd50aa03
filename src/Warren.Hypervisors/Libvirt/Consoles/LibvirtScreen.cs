using System.Globalization;
using System.Net.Sockets;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>
/// The screen. Here libvirt hands over a socket that leads into QEMU, so that RFB listens nowhere; on a host behind ssh it
/// listens on that host's loopback and ssh carries it.
/// </summary>
internal sealed class LibvirtScreen(LibvirtOptions options, HostLine line, TimeProvider clock) : IScreen
{
    /// <inheritdoc/>
    public async Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        if (options.Ssh is { } ssh) return await SshTunnel.OpenAsync(ssh, await PortAsync(machineId, cancellation), options.Folder, clock, cancellation);
        if (!options.Local)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "a remote screen is reached through ssh: use a qemu+ssh address");
        var descriptor = await line.LookAsync(connection =>
        {
            using var domain = Domains.RequireRunning(connection, machineId);
            return VirError.Check(LibVirt.DomainOpenGraphics(domain.Handle, 0, LibVirt.OpenGraphicsSkipAuthentication));
        }, cancellation);
        return new NetworkStream(new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)), ownsSocket: true);
    }

    private Task<int> PortAsync(string machineId, CancellationToken cancellation) => line.LookAsync(connection =>
    {
        using var domain = Domains.RequireRunning(connection, machineId);
        var xml = XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain.Handle, 0)));
        var text = (string?)xml.Element("devices")?.Elements("graphics").FirstOrDefault(g => (string?)g.Attribute("type") == "vnc")?.Attribute("port");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new HypervisorException(HypervisorErrorKind.Unsupported, $"machine {machineId} has no screen that ssh could reach");
    }, cancellation);
}
