using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Consoles.Connections;

namespace Warren.Server.Consoles.Serial;

/// <summary>
/// One terminal on a serial line, at the end of a WebSocket: reads the log at its own pace, and types. One that takes nothing
/// holds up nobody, and goes on where it was. Its binary messages are the line's bytes; to a client that offered
/// <see cref="Protocol"/> a text message tells the place of the next byte, at first and wherever it is not the one expected.
/// </summary>
internal sealed class SerialTerminal(WebSocket socket, SerialHub hub, TimeProvider clock)
{
    /// <summary>The WebSocket subprotocol (RFC 6455, 1.9) of a client that takes texts between the bytes.</summary>
    public const string Protocol = WarrenClient.SerialProtocol;

    private const int Chunk = 16 * 1024;

    /// <summary>The log may be a moment behind the line that rang; and it is looked at anyway now and then.</summary>
    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(2), LongestLook = TimeSpan.FromMilliseconds(250);

    private long _sent;
    private long _received;

    /// <summary>Carries bytes until the terminal closes, has to go, or the machine is off.</summary>
    /// <param name="log">The log; disposed of here.</param>
    /// <param name="at">Where it begins.</param>
    /// <param name="missed">Bytes that are missing before that; null: it is new.</param>
    /// <param name="role">Whether what it types counts.</param>
    /// <param name="connection">Counts.</param>
    /// <param name="cancellation">The server stops.</param>
    public async Task RunAsync(KeptLog log, long at, long? missed, ViewerRole role, OpenConnection connection, CancellationToken cancellation)
    {
        connection.Tells(() => (Volatile.Read(ref _sent), Volatile.Read(ref _received), role));
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation, connection.SentAway);
        // Cancelling a read or a write resets the connection, and the good-bye would not arrive.
        using var hard = new CancellationTokenSource();
        var up = UpAsync(role, hard.Token);
        var down = DownAsync(log, at, missed, enough.Token, hard.Token);
        await Task.WhenAny(up, down, Task.Delay(Timeout.InfiniteTimeSpan, clock, enough.Token));
        var (why, status) = up.IsCompleted ? ("bye", WebSocketCloseStatus.NormalClosure)
            : cancellation.IsCancellationRequested ? ("the server is going away", WebSocketCloseStatus.EndpointUnavailable)
            : connection.SentAway.IsCancellationRequested ? ("the link is over", WebSocketCloseStatus.PolicyViolation)
            : down.IsFaulted ? ("the log cannot be read; connect again", WebSocketCloseStatus.InternalServerError)
            : hub.Why == "the machine is off" ? (hub.Why, WebSocketCloseStatus.NormalClosure)
            : (hub.Why ?? "connect again", WebSocketCloseStatus.EndpointUnavailable);
        await enough.CancelAsync();
        await Task.WhenAny(down, Task.Delay(ConsoleSockets.Farewell, clock, CancellationToken.None));
        if (!down.IsCompleted) await hard.CancelAsync();
        await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await ConsoleSockets.CloseAsync(socket, why, status);
        await Task.WhenAny(up, Task.Delay(ConsoleSockets.Farewell, clock, CancellationToken.None));
        await hard.CancelAsync();
        await up;
    }

    private async Task DownAsync(KeptLog log, long at, long? missed, CancellationToken enough, CancellationToken hard)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            await TellAsync(log, at, missed, hard);
            for (var look = ShortestLook; !enough.IsCancellationRequested;)
            {
                // What is true before the log is read holds for all that is read: the order counts.
                var (bell, over, former, expected) = (hub.Bell, hub.Why is not null, log.IsFormer, at);
                var read = log.Read(ref at, buffer.AsSpan(0, Chunk));
                if (at != expected) await TellAsync(log, at, at > expected ? at - expected : null, hard);
                if (read > 0)
                {
                    await socket.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, hard);
                    (at, look) = (at + read, ShortestLook);
                    Interlocked.Add(ref _sent, read);
                }
                else if (former && await TryOpenNextAsync(hard) is { } next)
                {
                    var another = next.Id != log.Id;
                    log.Dispose();
                    log = next;
                    if (another) await TellAsync(log, at = log.Start, log.Start, hard);
                }
                else if (over) return;
                else look = await WaitAsync(bell, look, enough) ? ShortestLook : look * 2 < LongestLook ? look * 2 : LongestLook;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The terminal has gone.
        }
        finally
        {
            log.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The log that has taken another's place; null when the machine has just been deleted.</summary>
    private async Task<KeptLog?> TryOpenNextAsync(CancellationToken hard)
    {
        try
        {
            return await hub.OpenLogAsync(hard);
        }
        catch (HypervisorException)
        {
            return null;
        }
    }

    /// <returns>Whether it rang.</returns>
    private async Task<bool> WaitAsync(Task bell, TimeSpan atMost, CancellationToken enough)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough);
        await Task.WhenAny(bell, Task.Delay(atMost, clock, either.Token));
        await either.CancelAsync();
        return bell.IsCompleted;
    }

    private async Task UpAsync(ViewerRole role, CancellationToken hard)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), hard) is { MessageType: not WebSocketMessageType.Close } received)
            {
                Interlocked.Add(ref _received, received.Count);
                // To those who know of texts they are no typing. Who only looks types in vain.
                if (role == ViewerRole.Control && (received.MessageType == WebSocketMessageType.Binary || socket.SubProtocol != Protocol))
                    await hub.TypeAsync(buffer.AsMemory(0, received.Count), hard);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The terminal has gone, or the machine is off.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ValueTask TellAsync(KeptLog log, long at, long? missed, CancellationToken hard) => socket.SubProtocol == Protocol
        ? socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new SerialPlace(log.Id, at, missed, log.End), WarrenJson.Options).AsMemory(), WebSocketMessageType.Text, endOfMessage: true, hard)
        : ValueTask.CompletedTask;
}
