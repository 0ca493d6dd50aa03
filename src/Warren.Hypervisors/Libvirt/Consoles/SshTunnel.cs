using System.Globalization;
using System.Net.Sockets;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

namespace Warren.Hypervisors.Libvirt.Consoles;

/// <summary>One stream to a port on the loopback of a host behind ssh: ssh listens on a private unix socket here for as long as the stream is open.</summary>
internal static class SshTunnel
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    internal static async Task<Stream> OpenAsync(SshTarget target, int port, string folder, TimeProvider clock, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder, OwnerOnly.Folder);
        var socket = Path.Combine(folder, $"s{Guid.NewGuid():n}"[..10]);
        var end = new CancellationTokenSource();
        var ssh = new CommandRunner().RunAsync(new Command("ssh", Arguments(target, port, socket)) { Timeout = TimeSpan.FromDays(1) }, end.Token);
        try
        {
            var began = clock.GetTimestamp();
            while (!File.Exists(socket))
            {
                if (ssh.IsCompleted) throw Failed(target, (await ssh).Error.Trim());
                if (clock.GetElapsedTime(began) > s_patience) throw Failed(target, "no answer");
                await Task.Delay(TimeSpan.FromMilliseconds(20), clock, cancellation);
            }

            var stream = new NetworkStream(await UnixSockets.ConnectAsync(socket, clock, cancellation), ownsSocket: true);
            // The listener has done its work; the connection stays.
            File.Delete(socket);
            return new OwningStream(stream, () => Close(end, ssh));
        }
        catch
        {
            File.Delete(socket);
            Close(end, ssh);
            throw;
        }
    }

    /// <summary>Options first and the destination after <c>--</c>, so that no value is read as an option.</summary>
    internal static IReadOnlyList<string> Arguments(SshTarget target, int port, string socket)
    {
        List<string> line = ["-N", "-T", "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "StreamLocalBindMask=0177"];
        line.AddRange(["-L", string.Create(CultureInfo.InvariantCulture, $"{socket}:127.0.0.1:{port}")]);
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
        new(HypervisorErrorKind.Unreachable, $"ssh to {target.Host} did not open the screen: {why}");
}
