using System.Net.WebSockets;
using System.Text;
using Warren.Server.Operations;

namespace Warren.Server.Consoles;

/// <summary>The WebSockets of consoles: how they begin and how they end.</summary>
internal static class ConsoleSockets
{
    /// <summary>Longest reason in a close frame, bytes (RFC 6455, 5.5).</summary>
    private const int LongestReason = 123;

    /// <summary>How long a client gets to take note of the end. A read that is cancelled resets the connection, and a good-bye that was not read is lost.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Insists on a WebSocket.</summary>
    /// <param name="http">The request.</param>
    /// <param name="does">What the route does over it, after "This route".</param>
    /// <exception cref="RefusedException">It asks for something else.</exception>
    public static void Demand(HttpContext http, string does)
    {
        if (!http.WebSockets.IsWebSocketRequest) throw new RefusedException(Problems.Of("websocket-required", 426, "Ask for a WebSocket", $"This route {does} over a WebSocket."));
    }

    /// <summary>Accepts one, with our subprotocol where it is offered, <c>binary</c> (noVNC's and websockify's of old), or none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="protocol">Ours; null: the route has none.</param>
    public static Task<WebSocket> AcceptAsync(HttpContext http, string? protocol = null)
    {
        var offered = http.WebSockets.WebSocketRequestedProtocols;
        return http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = protocol is not null && offered.Contains(protocol) ? protocol : offered.Contains("binary") ? "binary" : null,
        });
    }

    /// <summary>Says good-bye, but does not wait long for it to be sent, nor for an answer.</summary>
    public static async Task CloseAsync(WebSocket client, string why, WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure)
    {
        if (client.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var limit = new CancellationTokenSource(Farewell);
        while (Encoding.UTF8.GetByteCount(why) > LongestReason) why = why[..^1];
        try
        {
            await client.CloseOutputAsync(status, why, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            client.Abort();
        }
    }
}
