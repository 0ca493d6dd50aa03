using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>One connection to a port that a host behind ssh reaches: ssh listens on a private unix socket here for as long as it is open.</summary>
internal static class SshTunnel
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>A stream to a port of the host's own loopback.</summary>
    internal static async Task<Stream> OpenAsync(SshTarget target, int port, string folder, TimeProvider clock, CancellationToken cancellation)
    {
        var (socket, close) = await ConnectAsync(target, "127.0.0.1", port, folder, clock, cancellation);
        return new OwningStream(new NetworkStream(socket, ownsSocket: true), close);
    }

    /// <summary>A connection to an address and port as that host reaches them.</summary>
    /// <returns>The connection, and what ends ssh when it is done with.</returns>
    internal static async Task<(Socket Socket, Action Close)> ConnectAsync(
        SshTarget target, string address, int port, string folder, TimeProvider clock, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder, OwnerOnly.Folder);
        var path = Path.Combine(folder, $"s{Guid.NewGuid():n}"[..10]);
        var end = new CancellationTokenSource();
        var ssh = new CommandRunner().RunAsync(new Command("ssh", Arguments(target, address, port, path)) { Timeout = TimeSpan.FromDays(1) }, end.Token);
        try
        {
            var began = clock.GetTimestamp();
            while (!File.Exists(path))
            {
                if (ssh.IsCompleted) throw Failed(target, (await ssh).Error.Trim());
                if (clock.GetElapsedTime(began) > s_patience) throw Failed(target, "no answer");
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock, cancellation);
            }

            var socket = await UnixSockets.ConnectAsync(path, clock, cancellation);
            // The listener has done its work; the connection stays.
            File.Delete(path);
            return (socket, () => Close(end, ssh));
        }
        catch
        {
            File.Delete(path);
            Close(end, ssh);
            throw;
        }
    }

    /// <summary>Options first and the destination after <c>--</c>, so that no value is read as an option.</summary>
    internal static IReadOnlyList<string> Arguments(SshTarget target, string address, int port, string path)
    {
        List<string> line = ["-N", "-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindMask=0177"];
        // Written by this program from an address it has understood: nothing in it is read as another part of the option.
        var to = IPAddress.Parse(address) is { AddressFamily: AddressFamily.InterNetworkV6 } six ? $"[{six}]" : IPAddress.Parse(address).ToString();
        line.AddRange(["-L", string.Create(CultureInfo.InvariantCulture, $"{path}:{to}:{port}")]);
        if (target.User is { } user) line.AddRange(["-l", user]);
        if (target.Port is { } number) line.AddRange(["-p", number.ToString(CultureInfo.InvariantCulture)]);
        line.AddRange(["--", target.Host]);
        return line;
    }

    private static void Close(CancellationTokenSource end, Task<CommandResult> ssh)
    {
        end.Cancel();
        _ = ssh.ContinueWith(t => { _ = t.Exception; end.Dispose(); }, TaskScheduler.Default);
    }

    private static HypervisorException Failed(SshTarget target, string why) =>
        new(HypervisorErrorKind.Unreachable, $"ssh to {target.Host} did not open the way: {why}");
}
