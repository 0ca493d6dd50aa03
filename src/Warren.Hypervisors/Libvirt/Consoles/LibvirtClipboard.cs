using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Machines;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>The port of the guest's SPICE agent, as one of libvirt's channels.</summary>
internal sealed class LibvirtClipboard(HostLine line, TimeProvider clock) : IClipboard
{
    /// <inheritdoc/>
    public async Task<ISharedClipboard> OpenAsync(string machineId, CancellationToken cancellation) =>
        new SpiceAgent(new ConsoleStream(await line.LookAsync(connection =>
        {
            using var domain = Domains.RequireRunning(connection, machineId);
            return ConsoleLine.OpenChannel(connection, domain.Handle, SpiceAgent.PortName);
        }, cancellation), line), clock);
}
