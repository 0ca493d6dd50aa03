using System.Buffers;
using System.Net.WebSockets;
using Warren.Hypervisors;
using Warren.Server.Consoles.Connections;
using Warren.Server.Hosts;

namespace Warren.Server.Consoles;

/// <summary>
/// Carries bytes between a client's WebSocket and a TCP connection to a guest. Each direction holds one piece and reads the next when that
/// is gone, so that the slower side sets the pace. An empty message is TCP's FIN; other ends are told by the reason of the close.
/// </summary>
internal sealed class PortRelay(HostDirectory hosts, TimeProvider clock)
{
    private const int Chunk = 64 * 1024;

    /// <summary>How long a client may be silent whose guest sends no more: a guest that is gone altogether looks the same.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(3);

    /// <summary>Carries until both sides have ended, one of them is gone, or the server stops.</summary>
    public async Task RunAsync(WebSocket client, GuestConnection guest, OpenConnection connection, string host, string machineId, CancellationToken cancellation)
    {
        // Not ended by the server's stop: a read that is cancelled breaks the connection, and the good-bye must go before.
        using var both = new CancellationTokenSource();
        var upward = new Upward(clock);
        var up = UpAsync(client, guest, upward, connection, both.Token);
        var down = DownAsync(guest, client, connection, both.Token);
        var (status, why) = await EndAsync(up, down, upward, host, machineId, cancellation);
        await ConsoleSockets.CloseAsync(client, why, status);
        // What was sent last might not arrive either, nor the good-bye while something from the client is unread: it gets a moment to answer.
        await Task.WhenAny(DrainAsync(up, client, both.Token), Task.Delay(ConsoleSockets.Farewell, clock, both.Token));
        await both.CancelAsync();
        await Task.WhenAll(up, down);
    }

    /// <summary>Reads and drops what comes until the client has said good-bye, too.</summary>
    private static async Task DrainAsync(Task up, WebSocket client, CancellationToken cancellation)
    {
        await up;
        var dropped = new byte[1024];
        try
        {
            while (client.State == WebSocketState.CloseSent) await client.ReceiveAsync(dropped.AsMemory(), cancellation);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // It went without.
        }
    }

    private async Task<(WebSocketCloseStatus Status, string Why)> EndAsync(
        Task<End> up, Task<End> down, Upward upward, string host, string machineId, CancellationToken cancellation)
    {
        await Task.WhenAny(up, down, Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellation));
        if (down.IsCompletedSuccessfully && await down == End.Finished) await LingerAsync(up, upward, cancellation);
        if (cancellation.IsCancellationRequested) return (WebSocketCloseStatus.EndpointUnavailable, "the server is going away");
        var end = up.IsCompleted ? await up : down.IsCompleted ? await down : End.Left;
        return end switch
        {
            End.NotBytes => (WebSocketCloseStatus.InvalidMessageType, "bytes go in binary messages"),
            End.AfterTheEnd => (WebSocketCloseStatus.ProtocolError, "an empty message was the last"),
            End.Broken => (WebSocketCloseStatus.EndpointUnavailable, await IsOffAsync(host, machineId, cancellation) ? "the machine is off" : "the guest broke the connection"),
            _ => (WebSocketCloseStatus.NormalClosure, "the connection has ended"),
        };
    }

    /// <summary>The guest sends no more; the client may go on for as long as it does something.</summary>
    private async Task LingerAsync(Task up, Upward upward, CancellationToken cancellation)
    {
        while (!up.IsCompleted && !upward.Ended.IsCompleted && !cancellation.IsCancellationRequested)
        {
            var silence = clock.GetElapsedTime(upward.LastAt);
            if (silence >= Linger) return;
            await Task.WhenAny(up, upward.Ended, Task.Delay(Linger - silence, clock, cancellation));
        }
    }

    private static async Task<End> UpAsync(WebSocket from, GuestConnection to, Upward upward, OpenConnection connection, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        var inMessage = 0L;
        try
        {
            while (true)
            {
                var received = await from.ReceiveAsync(buffer.AsMemory(), cancellation);
                if (received.MessageType == WebSocketMessageType.Close) return End.Left;
                if (received.MessageType != WebSocketMessageType.Binary) return End.NotBytes;
                inMessage += received.Count;
                if (upward.Ended.IsCompleted) return End.AfterTheEnd;
                if (received.Count > 0) await to.Stream.WriteAsync(buffer.AsMemory(0, received.Count), cancellation);
                connection.CountReceived(received.Count);
                upward.Moved();
                if (!received.EndOfMessage) continue;
                if (inMessage == 0)
                {
                    to.EndSending();
                    upward.End();
                }

                inMessage = 0;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return End.Broken;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return End.Left;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task<End> DownAsync(GuestConnection from, WebSocket to, OpenConnection connection, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            while (true)
            {
                var read = await from.Stream.ReadAsync(buffer.AsMemory(), cancellation);
                await to.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
                connection.CountSent(read);
                if (read == 0) return End.Finished;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return End.Broken;
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            return End.Left;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> IsOffAsync(string host, string machineId, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LookTime);
        try
        {
            return (await (await hosts.DriverAsync(host, limit.Token)).ObserveAsync(machineId, limit.Token)).Power is not (ObservedPower.On or ObservedPower.Paused or ObservedPower.Unknown);
        }
        catch (Exception e) when (e is HypervisorException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>How a direction ended.</summary>
    private enum End
    {
        /// <summary>Its sender sends no more.</summary>
        Finished,

        /// <summary>The client has gone.</summary>
        Left,

        /// <summary>The guest has broken the connection, or is gone.</summary>
        Broken,

        /// <summary>The client sent text.</summary>
        NotBytes,

        /// <summary>The client sent more after it had said that it would not.</summary>
        AfterTheEnd,
    }

    /// <summary>What the client has done so far.</summary>
    private sealed class Upward(TimeProvider clock)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _lastAt = clock.GetTimestamp();

        /// <summary>It sends no more.</summary>
        public Task Ended => _ended.Task;

        public long LastAt => Interlocked.Read(ref _lastAt);

        public void Moved() => Interlocked.Exchange(ref _lastAt, clock.GetTimestamp());

        public void End() => _ended.TrySetResult();
    }
}
