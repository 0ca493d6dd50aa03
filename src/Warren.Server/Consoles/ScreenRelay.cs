using System.Net.WebSockets;
using System.Text;
using Warren.Hypervisors;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles;

/// <summary>A viewer at the end of a WebSocket.</summary>
internal static class ScreenRelay
{
    /// <summary>Longest reason in a close frame, bytes (RFC 6455, 5.5).</summary>
    private const int LongestReason = 123;

    public static async Task RunAsync(WebSocket socket, ScreenHub hub, ViewerRole role, TimeProvider clock, CancellationToken cancellation)
    {
        await using var line = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var end = new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.Ended);
        try
        {
            var viewing = new Viewer(hub, line, role, clock).RunAsync(end.Token);
            await Task.WhenAny(viewing, Task.Delay(Timeout.InfiniteTimeSpan, clock, either.Token));
            // A read that is cancelled breaks the connection; the good-bye must go before.
            if (!viewing.IsCompleted) await CloseAsync(socket, cancellation.IsCancellationRequested ? "the server is going away" : "the machine is gone", WebSocketCloseStatus.EndpointUnavailable);
            await end.CancelAsync();
            await viewing;
            await CloseAsync(socket, "bye");
        }
        catch (RfbException e)
        {
            await CloseAsync(socket, e.Message, WebSocketCloseStatus.ProtocolError);
        }
        catch (Exception e) when (e is IOException or WebSocketException or TimeoutException or OperationCanceledException or NotSupportedException or HypervisorException)
        {
            // The viewer went without a word.
            socket.Abort();
        }
    }

    /// <summary>Says good-bye, but does not wait long for an answer.</summary>
    public static async Task CloseAsync(WebSocket viewer, string why, WebSocketCloseStatus status = WebSocketCloseStatus.NormalClosure)
    {
        if (viewer.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        while (Encoding.UTF8.GetByteCount(why) > LongestReason) why = why[..^1];
        try
        {
            await viewer.CloseOutputAsync(status, why, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            viewer.Abort();
        }
    }
}
