using System.Net.Sockets;

namespace Warren.Hypervisors;

/// <summary>TCP ports of the guest, whether or not a port of the host leads to them.</summary>
public interface IGuestPorts
{
    /// <summary>Opens a connection to a port of the running guest. Whoever calls disposes of it.</summary>
    /// <param name="machineId">The machine.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HypervisorException">
    /// NotFound when the machine does not run; Rejected when nobody listens there; Unreachable when the guest is silent;
    /// Unsupported when this host has no way to that port.
    /// </exception>
    Task<GuestConnection> OpenAsync(string machineId, int port, CancellationToken cancellation);
}

/// <summary>An open TCP connection to a guest. A read of nothing means that the guest sends no more; it may still receive.</summary>
/// <param name="stream">Both directions.</param>
/// <param name="endSending">Tells the guest that nothing more comes.</param>
public sealed class GuestConnection(Stream stream, Action endSending) : IAsyncDisposable
{
    /// <summary>Both directions.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Tells the guest that nothing more comes (TCP's FIN); what it sends is still read.</summary>
    public void EndSending() => endSending();

    /// <summary>Closes it.</summary>
    public ValueTask DisposeAsync() => Stream.DisposeAsync();

    /// <summary>A connection over a socket, which it owns.</summary>
    internal static GuestConnection Over(Socket socket) => new(new NetworkStream(socket, ownsSocket: true), () =>
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The guest has gone; a read tells.
        }
    });
}
