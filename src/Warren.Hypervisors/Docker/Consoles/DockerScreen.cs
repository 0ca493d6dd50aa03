using System.Net.Sockets;
using System.Net.WebSockets;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Consoles;

/// <summary>
/// The screen as noVNC gets it: RFB in a WebSocket at <c>/websockify</c> of the container's web port (novnc.com, "Embedding
/// noVNC": that path, sub-protocol <c>binary</c>).
/// </summary>
internal sealed class DockerScreen(MachineContainers containers, DockerOptions options, TimeProvider clock) : IScreen
{
    private static readonly TimeSpan s_oneTry = TimeSpan.FromSeconds(5);

    /// <summary>Opens it. The web server of a machine that was started just now is waited for.</summary>
    /// <exception cref="HypervisorException">NotFound when the machine does not run; Unreachable when its screen does not answer.</exception>
    public async Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var began = clock.GetTimestamp();
        while (true)
        {
            var machine = await containers.RequireRunningAsync(machineId, cancellation);
            try
            {
                return await OpenAsync(machine, cancellation);
            }
            catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable && clock.GetElapsedTime(began) < options.Timeout)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellation);
            }
        }
    }

    /// <summary>One try.</summary>
    /// <exception cref="HypervisorException">Unreachable.</exception>
    internal async Task<Stream> OpenAsync(MachineContainer machine, CancellationToken cancellation)
    {
        if (PublishedPorts.IsOutOfReach(options))
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "the engine is elsewhere and publishes screens on its own loopback only: state publishAddress");
        if (PublishedPorts.Find(machine, MachineEnvironment.WebPort, options) is not { } at)
            throw new HypervisorException(HypervisorErrorKind.Unreachable, "the container has not published its web port");
        using var timeout = new CancellationTokenSource(s_oneTry, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol("binary");
            socket.Options.Proxy = null;
            await socket.ConnectAsync(new UriBuilder("ws", at.Host, at.Port, "/websockify").Uri, either.Token);
            return new WebSocketStream(socket);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the screen at {at.Host}:{at.Port} does not answer: {e.Message}", e);
        }
    }
}
