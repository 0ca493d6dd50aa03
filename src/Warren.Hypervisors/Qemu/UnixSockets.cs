using System.Net.Sockets;

namespace Warren.Hypervisors.Qemu;

/// <summary>Connecting to QEMU's unix sockets.</summary>
internal static class UnixSockets
{
    /// <summary>Connects; while the listener's queue is full it tries again until cancelled.</summary>
    internal static async Task<Socket> ConnectAsync(string path, TimeProvider clock, CancellationToken cancellation)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                // unix(7): EAGAIN means that the backlog is full, which another client's leaving ends.
                socket.Dispose();
                await Task.Delay(TimeSpan.FromMilliseconds(10), clock, cancellation);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>Opens a stream to a running machine's socket.</summary>
    /// <exception cref="HypervisorException">NotFound when the machine does not run; Unreachable when the socket refuses.</exception>
    internal static async Task<Stream> OpenStreamAsync(
        MachineFolder folder, string path, TimeProvider clock, CancellationToken cancellation)
    {
        if (MachineProcess.Find(folder) is null)
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {folder.Id} does not run");
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5), clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return new NetworkStream(await ConnectAsync(path, clock, either.Token), ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable,
                $"{Path.GetFileName(path)} of machine {folder.Id} does not answer", e);
        }
    }
}
