using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Connecting to QEMU's unix sockets. They are in a folder where a QEMU that was taken over can put a link to any other socket of the host, which would be
/// open to us: so whoever listens must have the user that the machine's QEMU runs as.
/// </summary>
internal static class UnixSockets
{
    // getsockopt(2), as Linux numbers it; struct ucred is pid, user and group.
    private const int SocketLevel = 1, PeerCredentials = 17, CredentialsLength = 12, UserOffset = 4;

    /// <summary>Connects; while the listener's queue is full it tries again until cancelled.</summary>
    /// <param name="path">The socket, in the machine's folder.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="SocketException">Nobody listens, or somebody who is not the machine's QEMU.</exception>
    internal static async Task<Socket> ConnectAsync(string path, TimeProvider clock, CancellationToken cancellation)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return IsMachines(socket, path) ? socket : throw new SocketException((int)SocketError.AccessDenied);
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

    /// <summary>The kernel keeps who a listener was when it began to listen (unix(7), SO_PEERCRED): nothing that is done to the path afterwards changes it.</summary>
    private static bool IsMachines(Socket socket, string path)
    {
        if (!OperatingSystem.IsLinux()) return true;
        var folder = Path.GetDirectoryName(path)!;
        Span<byte> credentials = stackalloc byte[CredentialsLength];
        return MachineProcess.UserOf(new MachineFolder(Path.GetDirectoryName(folder)!, Path.GetFileName(folder))) is { } user
            && socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == CredentialsLength
            && MemoryMarshal.Read<uint>(credentials[UserOffset..]) == user;
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
