using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Signs of life on a connection that is quiet, so that what lies in between keeps it.</summary>
    private static readonly TimeSpan s_sign = TimeSpan.FromSeconds(20);

    /// <summary>Opens a TCP connection to a port of a machine, through the server.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="port">Port of the guest, 1 to 65535.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The connection; whoever calls disposes of it.</returns>
    public async Task<PortStream> OpenPortAsync(string machine, int port, CancellationToken cancellation = default) =>
        new(await OpenPortSocketAsync(machine, port, cancellation));

    /// <summary>The same as the WebSocket itself: binary messages; an empty one says that its sender sends no more.</summary>
    public Task<WebSocket> OpenPortSocketAsync(string machine, int port, CancellationToken cancellation = default) =>
        UpgradeAsync(string.Create(CultureInfo.InvariantCulture, $"/machines/{Segment(machine)}/ports/{port}"), cancellation);

    /// <summary>A file that opens a machine's remote desktop through a tunnel that listens on a port of the user's computer.</summary>
    public async Task<string> GetRemoteDesktopFileAsync(string machine, int localPort, CancellationToken cancellation = default)
    {
        using var request = Stream(string.Create(CultureInfo.InvariantCulture, $"/machines/{Segment(machine)}/rdp?localPort={localPort}"), "application/x-rdp");
        using var answer = await OpenAsync(request, cancellation);
        return await answer.Content.ReadAsStringAsync(cancellation);
    }

    /// <summary>RFC 6455, 4.1, by hand: <see cref="ClientWebSocket"/> does not show the problem with which a server refuses.</summary>
    private async Task<WebSocket> UpgradeAsync(string path, CancellationToken cancellation)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        using var request = new HttpRequestMessage(HttpMethod.Get, Root + path) { Version = HttpVersion.Version11 };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", key);
        return await OpenAsync(request, async (response, c) =>
        {
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols) await RequireSuccessAsync(response, c);
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols || Told(response, "Sec-WebSocket-Accept") != Answer(key)) throw NotOurs(response, null);
            return WebSocket.CreateFromStream(await response.Content.ReadAsStreamAsync(c), new WebSocketCreationOptions { KeepAliveInterval = s_sign });
        }, cancellation);
    }

    private static string? Told(HttpResponseMessage response, string header) => response.Headers.TryGetValues(header, out var values) ? values.First() : null;

#pragma warning disable CA5350 // What RFC 6455 says; it proves that a WebSocket server answers and guards nothing.
    private static string Answer(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
