using System.Globalization;
using System.Net.Sockets;

namespace Warren.Hypervisors;

/// <summary>TCP connections to guests, and what it means when they fail.</summary>
internal static class GuestSockets
{
    /// <summary>How long a guest may take to accept.</summary>
    internal static TimeSpan Patience { get; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long something between us and the guest (QEMU's user-mode network, an engine's proxy) gets to hang up on behalf of a guest in
    /// which nobody listens: it accepts first and asks then. A guest that answers later than that counts as one that hung up.
    /// </summary>
    internal static TimeSpan Moment { get; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The same where ssh is in between as well.</summary>
    internal static TimeSpan LongMoment { get; } = TimeSpan.FromSeconds(1);

    /// <summary>In which QEMU takes a connection that waits.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(25);

    /// <summary>Insists on a port's number.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal static void CheckPort(int port)
    {
        if (port is < 1 or > 65535) throw new HypervisorException(HypervisorErrorKind.Rejected, "port must be 1 to 65535");
    }

    /// <summary>Connects.</summary>
    /// <param name="address">Where.</param>
    /// <param name="port">The port there.</param>
    /// <param name="asked">The guest's port that this leads to.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="HypervisorException">Rejected when nobody listens; Unreachable when nobody answers.</exception>
    internal static async Task<Socket> ConnectAsync(string address, int port, GuestPort asked, TimeProvider clock, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, port, either.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw e is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.ConnectionReset } ? asked.Closed(e) : asked.Silent(e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Connects through QEMU's user-mode network or an engine's proxy, which accept for everybody. One after the other: QEMU lets one
    /// connection wait, and what comes while that one does hangs for a minute.
    /// </summary>
    /// <exception cref="HypervisorException">Rejected when nobody listens; Unreachable when nobody answers.</exception>
    internal static async Task<Socket> ConnectThroughAsync(string address, int port, GuestPort asked, TimeProvider clock, CancellationToken cancellation)
    {
        Socket socket;
        using (await Gates.EnterAsync(address, string.Create(CultureInfo.InvariantCulture, $"port {port}"), cancellation))
        {
            socket = await ConnectAsync(address, port, asked, clock, cancellation);
            await Task.Delay(s_turn, clock, CancellationToken.None);
        }

        return await InsistAsync(socket, asked, Moment, clock, cancellation);
    }

    /// <summary>Waits a moment whether the connection is closed again at once, and lets it through when it is not.</summary>
    /// <exception cref="HypervisorException">Rejected: nobody listens.</exception>
    internal static async Task<Socket> InsistAsync(Socket socket, GuestPort asked, TimeSpan moment, TimeProvider clock, CancellationToken cancellation)
    {
        try
        {
            var began = clock.GetTimestamp();
            var pause = TimeSpan.FromMilliseconds(1);
            while (true)
            {
                var state = Look(socket);
                if (state == Sight.Ended) throw asked.Closed(null);
                if (state == Sight.Speaks || clock.GetElapsedTime(began) >= moment) return socket;
                await Task.Delay(pause, clock, cancellation);
                if (pause < s_longestPause) pause *= 2;
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>What is there to read, without reading it.</summary>
    internal static Sight Look(Socket socket)
    {
        try
        {
            if (!socket.Poll(0, SelectMode.SelectRead)) return Sight.Quiet;
            return socket.Receive(stackalloc byte[1], SocketFlags.Peek) > 0 ? Sight.Speaks : Sight.Ended;
        }
        catch (SocketException)
        {
            return Sight.Ended;
        }
    }

    /// <summary>What a connection looks like from here.</summary>
    internal enum Sight
    {
        /// <summary>Nothing came yet.</summary>
        Quiet,

        /// <summary>There is something to read.</summary>
        Speaks,

        /// <summary>It was closed or broken off, and nothing is to be read.</summary>
        Ended,
    }
}

/// <summary>A port that was asked for, and the failures that are told of it.</summary>
/// <param name="MachineId">The machine.</param>
/// <param name="Port">The guest's port.</param>
internal sealed record GuestPort(string MachineId, int Port)
{
    internal HypervisorException Closed(Exception? inner) =>
        new(HypervisorErrorKind.Rejected, string.Create(CultureInfo.InvariantCulture, $"nobody listens on port {Port} of machine {MachineId}"), inner);

    internal HypervisorException Silent(Exception? inner) => new(HypervisorErrorKind.Unreachable,
        string.Create(CultureInfo.InvariantCulture, $"machine {MachineId} does not answer on port {Port}: it may still be booting, or its firewall drops what comes"), inner);

    internal HypervisorException NoWay(string why) =>
        new(HypervisorErrorKind.Unsupported, string.Create(CultureInfo.InvariantCulture, $"there is no way to port {Port} of machine {MachineId}: {why}"));

    internal HypervisorException Off() => new(HypervisorErrorKind.NotFound, $"machine {MachineId} does not run");
}
