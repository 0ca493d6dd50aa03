using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Ports of a guest on QEMU's user-mode network. Each connection has a forward of its own, on loopback, for the moment in which it is
/// made: QEMU itself tells then whether the guest has accepted, which a forward alone never does (it accepts, and hangs up when the
/// guest refuses). Where the monitor is busy a standing forward has to do.
/// </summary>
internal sealed class QemuPorts(string machinesFolder, QemuControl control, TimeProvider clock) : IGuestPorts
{
    /// <summary>How long QEMU is held while it takes a connection over; it does so in its next round.</summary>
    private static readonly TimeSpan s_taking = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc/>
    public async Task<GuestConnection> OpenAsync(string machineId, int port, CancellationToken cancellation)
    {
        GuestSockets.CheckPort(port);
        var folder = new MachineFolder(machinesFolder, machineId);
        var asked = new GuestPort(machineId, port);
        if (MachineProcess.Find(folder) is null) throw asked.Off();
        try
        {
            return GuestConnection.Over(await ThroughMomentAsync(folder, asked, cancellation));
        }
        catch (HypervisorException e) when (e is { Kind: HypervisorErrorKind.Unreachable, InnerException: not TimeoutException } && Standing(folder, port) is not null)
        {
            var forward = Standing(folder, port)!;
            var address = forward.HostAddress == "0.0.0.0" ? "127.0.0.1" : forward.HostAddress;
            return GuestConnection.Over(await GuestSockets.ConnectThroughAsync(address, forward.HostPort, asked, clock, cancellation));
        }
    }

    /// <summary>Takes away what a server that died in such a moment has left; free where none did.</summary>
    internal static async Task ClearAsync(MachineFolder folder, QemuControl control, CancellationToken cancellation)
    {
        if (!MomentFile.IsLeft(folder) || MomentFile.Try(folder) is not { } file) return;
        using (file)
        {
            await control.ConverseAsync(folder, ask => ClearAsync(ask), cancellation);
            file.Done();
        }
    }

    private async Task<Socket> ThroughMomentAsync(MachineFolder folder, GuestPort asked, CancellationToken cancellation)
    {
        Socket socket;
        int hostPort;
        // One after the other: QEMU's monitor serves one client, and others are waiting for it too.
        using (await Gates.EnterAsync(folder.Root, "port of " + folder.Id, cancellation))
        using (var file = await MomentFile.TakeAsync(folder, clock, cancellation))
        {
            (socket, hostPort) = await control.ConverseAsync(folder, ask => ConnectAsync(ask, file, asked, cancellation), cancellation);
        }

        try
        {
            await AcceptedAsync(folder, socket, hostPort, asked, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes the forward, connects through it and takes it away as soon as QEMU has the connection. Not to be cancelled: it is over in milliseconds.</summary>
    private async Task<(Socket Socket, int HostPort)> ConnectAsync(QemuControl.Ask ask, MomentFile file, GuestPort asked, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await ClearAsync(ask);
        file.Begin();
        var said = await TellAsync(ask, UserNetwork.Add(asked.Port));
        if (UserNetwork.Forwards(await TellAsync(ask, "info usernet")) is not [var hostPort])
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU makes no forward to port {asked.Port} of machine {asked.MachineId}: {said.Trim()}");
        Socket? socket = null;
        try
        {
            try
            {
                socket = await GuestSockets.ConnectAsync(UserNetwork.MomentAddress, hostPort, asked, clock, CancellationToken.None);
                var began = clock.GetTimestamp();
                while (UserNetwork.Accepted(await TellAsync(ask, "info usernet"), hostPort) is null && GuestSockets.Look(socket) != GuestSockets.Sight.Ended
                    && clock.GetElapsedTime(began) < s_taking)
                    await Task.Delay(TimeSpan.FromMilliseconds(1), clock, CancellationToken.None);
            }
            finally
            {
                await TellAsync(ask, UserNetwork.Remove(hostPort));
                file.Done();
            }

            return (socket, hostPort);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Waits until the guest has accepted.</summary>
    private async Task AcceptedAsync(MachineFolder folder, Socket socket, int hostPort, GuestPort asked, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var pause = TimeSpan.FromMilliseconds(2);
        while (true)
        {
            var sight = GuestSockets.Look(socket);
            if (sight == GuestSockets.Sight.Speaks) return;
            if (sight == GuestSockets.Sight.Ended) throw MachineProcess.Find(folder) is null ? asked.Off() : asked.Closed(null);
            if (clock.GetElapsedTime(began) > GuestSockets.Patience) throw asked.Silent(new TimeoutException());
            if (await control.ConverseAsync(folder, async ask => UserNetwork.Accepted(await TellAsync(ask, "info usernet"), hostPort), cancellation) == true) return;
            await Task.Delay(pause, clock, cancellation);
            if (pause < s_longestPause) pause *= 2;
        }
    }

    private static async Task<bool> ClearAsync(QemuControl.Ask ask)
    {
        foreach (var left in UserNetwork.Forwards(await TellAsync(ask, "info usernet"))) await TellAsync(ask, UserNetwork.Remove(left));
        return true;
    }

    private static async Task<string> TellAsync(QemuControl.Ask ask, string line) =>
        (string?)await ask("human-monitor-command", new JsonObject { ["command-line"] = line }) ?? "";

    private static PortForward? Standing(MachineFolder folder, int port) =>
        PrivateFile.Read<MachineDefinition>(folder.Definition)?.Forwards.FirstOrDefault(f => f.Protocol == "tcp" && f.GuestPort == port);
}
