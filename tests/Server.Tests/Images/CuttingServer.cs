using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Warren.Server.Tests.Images;

/// <summary>A server that promises a length, sends the first part and closes the connection properly, each time.</summary>
public sealed class CuttingServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly byte[] answer;

    public CuttingServer(byte[] content, int sent)
    {
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n");
        answer = [.. Encoding.ASCII.GetBytes(head), .. content[..Math.Min(sent, content.Length)]];
        listener.Start();
        _ = ServeAsync();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/a");

    public int Requests { get; private set; }

    public void Dispose() => listener.Dispose();

    private async Task ServeAsync()
    {
        var request = new byte[4096];
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                // Read first: closing with unread bytes would reset the connection.
                while (!Encoding.ASCII.GetString(request, 0, await client.GetStream().ReadAsync(request)).Contains("\r\n\r\n", StringComparison.Ordinal)) { }
                Requests++;
                await client.GetStream().WriteAsync(answer);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The test is over.
        }
    }
}
