using System.Buffers;
using System.Net.WebSockets;

namespace Warren.Server.Consoles;

/// <summary>Carries bytes between a viewer's WebSocket and a machine's RFB stream until either ends.</summary>
internal static class ScreenRelay
{
    private const int Chunk = 64 * 1024;

    public static async Task RunAsync(WebSocket viewer, Stream screen, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var down = DownAsync(screen, viewer, both.Token);
        var up = UpAsync(viewer, screen, both.Token);
        var first = await Task.WhenAny(down, up);
        await CloseAsync(viewer, first == down ? "the machine closed its screen" : "bye");
        await both.CancelAsync();
        await Task.WhenAll(down, up);
    }

    private static async Task DownAsync(Stream from, WebSocket to, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (await from.ReadAsync(buffer, cancellation) is > 0 and var read)
                await to.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has gone; so does the relay.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task UpAsync(WebSocket from, Stream to, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (true)
            {
                var received = await from.ReceiveAsync(buffer.AsMemory(), cancellation);
                if (received.MessageType == WebSocketMessageType.Close) return;
                await to.WriteAsync(buffer.AsMemory(0, received.Count), cancellation);
            }
        }
        catch (Exception e) when (e is IOException or WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // As above.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Says good-bye, but does not wait long for an answer.</summary>
    public static async Task CloseAsync(WebSocket viewer, string why)
    {
        if (viewer.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await viewer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, why, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            viewer.Abort();
        }
    }
}
