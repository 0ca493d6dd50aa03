using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Confinement;

/// <summary>
/// A network namespace behind a pair of interfaces: a neighbour in the LAN, something at a link-local address, and a host on the outside, of a range
/// for documentation (RFC 5737). All of it is gone with its namespace.
/// </summary>
internal sealed class Outside : IAsyncDisposable
{
    private static int s_made;

    private readonly string _name;
    private readonly List<TcpListener> _listeners = [];

    private Outside(int count)
    {
        _name = string.Create(CultureInfo.InvariantCulture, $"w{Environment.ProcessId}-{count}");
        var number = (byte)(100 + (((Environment.ProcessId * 2) + count) % 100));
        HostAddress = IPAddress.Parse($"192.168.{number}.1");
        Neighbour = IPAddress.Parse($"192.168.{number}.2");
        // Not the address of clouds' metadata itself: the host that these tests run on may have it.
        LinkLocal = IPAddress.Parse($"169.254.{number}.9");
        Far = IPAddress.Parse($"203.0.113.{number}");
        Another = IPAddress.Parse($"198.51.100.{number}");
    }

    /// <summary>The host's own address in the LAN.</summary>
    internal IPAddress HostAddress { get; }

    internal IPAddress Neighbour { get; }

    internal IPAddress LinkLocal { get; }

    internal IPAddress Far { get; }

    /// <summary>Another host on the outside.</summary>
    internal IPAddress Another { get; }

    /// <summary>Makes it, with a service at these ports of each address.</summary>
    internal static async Task<Outside> MakeAsync(params int[] ports)
    {
        var made = new Outside(Interlocked.Increment(ref s_made));
        try
        {
            await made.MakeInterfacesAsync();
            made.Serve(() => [.. from address in new[] { made.Neighbour, made.LinkLocal, made.Far, made.Another } from port in ports select Serve(address, port)]);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>A service that says a word to whoever comes.</summary>
    internal static TcpListener Serve(IPAddress address, int port)
    {
        var listener = new TcpListener(address, port);
        listener.Start();
        _ = AnswerAsync(listener);
        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) listener.Dispose();
        await new CommandRunner().RunAsync(new Command("ip", "link", "delete", _name));
        await new CommandRunner().RunAsync(new Command("ip", "netns", "delete", _name));
    }

    private async Task MakeInterfacesAsync()
    {
        await IpAsync("netns", "add", _name);
        await IpAsync("link", "add", _name, "type", "veth", "peer", "name", "out0", "netns", _name);
        await IpAsync("address", "add", $"{HostAddress}/24", "dev", _name);
        await IpAsync("link", "set", _name, "up");
        await IpAsync("-n", _name, "link", "set", "lo", "up");
        await IpAsync("-n", _name, "address", "add", $"{Neighbour}/24", "dev", "out0");
        await IpAsync("-n", _name, "link", "set", "out0", "up");
        foreach (var address in new[] { LinkLocal, Far, Another })
        {
            await IpAsync("-n", _name, "address", "add", $"{address}/32", "dev", "out0");
            await IpAsync("route", "add", $"{address}/32", "via", $"{Neighbour}", "dev", _name);
        }
    }

    /// <summary>A thread that is in the namespace makes sockets that stay there; it is none of the pool's, and ends.</summary>
    private void Serve(Func<IReadOnlyList<TcpListener>> listen)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle($"/var/run/netns/{_name}");
                if (Enter(space, NetworkSpace) != 0) throw new InvalidOperationException(Marshal.GetLastPInvokeErrorMessage());
                _listeners.AddRange(listen());
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException("no services in the namespace", failure);
    }

    /// <summary>A service of the far host that takes in all that it is sent, and gives as much to whoever sends nothing.</summary>
    internal void ServeMuch(int port, int bytes) => Serve(() =>
    {
        var listener = new TcpListener(Far, port);
        listener.Start();
        _ = AnswerAsync(listener, async stream =>
        {
            var (buffer, taken) = (new byte[64 << 10], 0L);
            while (await stream.ReadAsync(buffer) is > 0 and var count) taken += count;
            await stream.WriteAsync(taken == 0 ? new byte[bytes] : Encoding.ASCII.GetBytes($"{taken}"));
        });
        return [listener];
    });

    private static Task AnswerAsync(TcpListener listener) => AnswerAsync(listener, stream => stream.WriteAsync("served\n"u8.ToArray()).AsTask());

    private static async Task AnswerAsync(TcpListener listener, Func<NetworkStream, Task> answer)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await answer(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // It is over.
        }
    }

    private static Task<string> IpAsync(params string[] arguments) => new CommandRunner().RequireAsync(new Command("ip", arguments));

    private const int NetworkSpace = 0x40000000;

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Enter(SafeFileHandle space, int kind);
}
