using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Warren.Server.Tests.Images;

/// <summary>A small SOCKS5 server (RFC 1928, no authentication) that leads every name to one place and remembers what it was asked for.</summary>
public sealed class SocksServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint target;
    private readonly CancellationTokenSource end = new();

    public SocksServer(int targetPort)
    {
        target = new IPEndPoint(IPAddress.Loopback, targetPort);
        listener.Start();
        _ = AcceptAsync();
    }

    public string Url => $"socks5://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>What was asked for: address type (3 is a name) and host.</summary>
    public ConcurrentQueue<(int Type, string Host)> Asked { get; } = new();

    public void Dispose()
    {
        end.Cancel();
        listener.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        var stream = client.GetStream();
        var greeting = await Read(stream, 2);
        await Read(stream, greeting[1]);
        await stream.WriteAsync(new byte[] { 5, 0 });
        var request = await Read(stream, 4);
        var host = request[3] switch
        {
            1 => new IPAddress(await Read(stream, 4)).ToString(),
            3 => Encoding.ASCII.GetString(await Read(stream, (await Read(stream, 1))[0])),
            _ => new IPAddress(await Read(stream, 16)).ToString(),
        };
        await Read(stream, 2);
        Asked.Enqueue((request[3], host));
        using var upstream = new TcpClient();
        await upstream.ConnectAsync(target);
        await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 127, 0, 0, 1, 0, 0 });
        await Task.WhenAny(stream.CopyToAsync(upstream.GetStream()), upstream.GetStream().CopyToAsync(stream));
    }

    private static async Task<byte[]> Read(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }
}
