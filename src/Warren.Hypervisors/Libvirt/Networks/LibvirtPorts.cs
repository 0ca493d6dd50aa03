using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Consoles;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Networks;

/// <summary>
/// Ports of guests: on a network of the host at the guest's address there, on QEMU's user-mode network through its forwards. Where the
/// host is behind ssh, ssh carries them. An address that only the guest itself tells is not used: it could name any machine that the
/// host reaches.
/// </summary>
internal sealed partial class LibvirtPorts(LibvirtOptions options, HostLine line, LibvirtAddresses addresses, TimeProvider clock) : IGuestPorts
{
    /// <inheritdoc/>
    public async Task<GuestConnection> OpenAsync(string machineId, int port, CancellationToken cancellation)
    {
        GuestSockets.CheckPort(port);
        var asked = new GuestPort(machineId, port);
        if (!options.Local && options.Ssh is null) throw asked.NoWay("ports on another host are reached through ssh: use a qemu+ssh address");
        var xml = await line.LookAsync(connection =>
        {
            using var domain = Domains.RequireRunning(connection, machineId);
            return XmlText.Parse(VirError.Take(LibVirt.DomainGetXml(domain.Handle, 0)));
        }, cancellation);
        var forwarded = HasUserNetwork(xml);
        var (address, at) = forwarded
            ? Forward(xml, port) ?? throw asked.NoWay($"it is not forwarded, and into libvirt's user-mode network nothing else leads: add --forward {Text(port)} at the launch, or use a network")
            : (await addresses.SeenAsync(machineId, cancellation) is [var first, ..] ? first : throw asked.Silent(null), port);
        if (options.Ssh is { } ssh) return await BehindAsync(ssh, address, at, asked, cancellation);
        // Who is asked directly answers for itself.
        return GuestConnection.Over(forwarded
            ? await GuestSockets.ConnectThroughAsync(address, at, asked, clock, cancellation)
            : await GuestSockets.ConnectAsync(address, at, asked, clock, cancellation));
    }

    private async Task<GuestConnection> BehindAsync(SshTarget ssh, string address, int port, GuestPort asked, CancellationToken cancellation)
    {
        var (socket, close) = await SshTunnel.ConnectAsync(ssh, address, port, options.Folder, clock, cancellation);
        try
        {
            var connection = GuestConnection.Over(await GuestSockets.InsistAsync(socket, asked, GuestSockets.LongMoment, clock, cancellation));
            return new GuestConnection(new OwningStream(connection.Stream, close), connection.EndSending);
        }
        catch
        {
            close();
            throw;
        }
    }

    /// <summary>Whether the first card is on QEMU's user-mode network, as <see cref="DomainXml"/> writes it.</summary>
    internal static bool HasUserNetwork(XElement xml) => NetDevice(xml) is not null;

    /// <summary>Where the host forwards to a TCP port of the guest; null: nowhere.</summary>
    internal static (string Address, int Port)? Forward(XElement xml, int guestPort)
    {
        foreach (var match in (NetDevice(xml) is { } device ? HostForward().Matches(device) : Enumerable.Empty<Match>()))
        {
            if (match.Groups["guest"].Value != Text(guestPort) || !int.TryParse(match.Groups["port"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var port)) continue;
            var address = match.Groups["address"].Value;
            return (address is "" or "0.0.0.0" ? "127.0.0.1" : address, port);
        }

        return null;
    }

    private static string? NetDevice(XElement xml) => xml.Elements().FirstOrDefault(e => e.Name.LocalName == "commandline")?.Elements()
        .Select(a => (string?)a.Attribute("value")).FirstOrDefault(a => a?.StartsWith("user,id=warren0", StringComparison.Ordinal) == true);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@",hostfwd=tcp:(?<address>[0-9.]*):(?<port>\d{1,5})-[0-9.]*:(?<guest>\d{1,5})(?=,|\z)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostForward();
}
