using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// Ports of a guest at its container's address, where the engine runs here; with an engine elsewhere those that are published. The
/// container's own ports are not the guest's.
/// </summary>
internal sealed class DockerPorts(MachineContainers containers, DockerOptions options, TimeProvider clock) : IGuestPorts
{
    /// <inheritdoc/>
    public async Task<GuestConnection> OpenAsync(string machineId, int port, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        GuestSockets.CheckPort(port);
        var asked = new GuestPort(machineId, port);
        if (MachineEnvironment.OwnPorts.Contains(port))
            throw asked.NoWay(string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", MachineEnvironment.OwnPorts)} are the container's own"));
        var machine = await containers.RequireRunningAsync(machineId, cancellation);
        var (host, at) = Find(machine, port) ?? throw asked.NoWay("the engine is elsewhere and does not publish it: add a forward at the launch");
        // The engine's proxy and the container's user-mode network accept for everybody.
        return GuestConnection.Over(await GuestSockets.ConnectThroughAsync(host, at, asked, clock, cancellation));
    }

    private (string Host, int Port)? Find(MachineContainer machine, int port)
    {
        var address = options.IsLocal
            ? machine.Addresses.FirstOrDefault(a => IPAddress.TryParse(a, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork) : null;
        if (address is not null) return (address, port);
        var published = PublishedPorts.Find(machine, port, options);
        return published is { } at && !options.IsLocal && IPAddress.TryParse(at.Host, out var ip) && IPAddress.IsLoopback(ip) && PublishedPorts.IsOutOfReach(options) ? null : published;
    }
}
