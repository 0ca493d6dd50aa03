using System.Net.WebSockets;
using System.Text.Json;
using Warren.Contracts;

namespace Warren.Cli.Machines;

/// <summary>A connection to a machine's serial line that is made again when it breaks, where it was.</summary>
internal sealed class SerialCall : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly Invocation _call;
    private readonly string _machine;
    private readonly bool _viewOnly;
    private WebSocket _socket;
    private TaskCompletionSource _changed = New();
    private SerialPlace? _place;
    private bool _over;

    private SerialCall(Invocation call, string machine, bool viewOnly, WebSocket socket) => (_call, _machine, _viewOnly, _socket) = (call, machine, viewOnly, socket);

    /// <summary>How it ended; null: it broke, and could not be made again.</summary>
    public WebSocketCloseStatus? Status { get; private set; }

    /// <summary>Why it ended.</summary>
    public string Why { get; private set; } = "the connection broke";

    /// <exception cref="WarrenException">The machine is off, or there is none.</exception>
    public static async Task<SerialCall> OpenAsync(Invocation call, string machine, bool viewOnly, CancellationToken cancellation) =>
        new(call, machine, viewOnly, await call.Client.OpenSerialAsync(machine, null, 0, viewOnly, cancellation));

    /// <summary>Bytes of the line; 0: it has ended.</summary>
    public async Task<int> ReadAsync(byte[] buffer, CancellationToken cancellation)
    {
        while (true)
        {
            ValueWebSocketReceiveResult received;
            try
            {
                received = await _socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            }
            catch (WebSocketException)
            {
                if (await AgainAsync(cancellation)) continue;
                return 0;
            }

            if (received.MessageType == WebSocketMessageType.Binary)
            {
                if (received.Count == 0) continue;
                if (_place is not null) _place = _place with { At = _place.At + received.Count };
                return received.Count;
            }

            if (received.MessageType == WebSocketMessageType.Text) Hear(JsonSerializer.Deserialize<SerialPlace>(buffer.AsSpan(0, received.Count), WarrenJson.Options)!);
            else if (_socket.CloseStatus is WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.PolicyViolation) return End();
            else if (!await AgainAsync(cancellation)) return 0;
        }
    }

    /// <summary>Types; while there is no connection that waits for the next.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!Volatile.Read(ref _over))
        {
            var (changed, socket) = (Volatile.Read(ref _changed).Task, _socket);
            try
            {
                await socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellation);
                return;
            }
            catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
            {
                await changed.WaitAsync(cancellation);
            }
        }
    }

    /// <summary>Says good-bye, if there is somebody to say it to.</summary>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", cancellation);
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It has just broken.
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Hear(SerialPlace place)
    {
        if (_place is not null && place.Missed != 0)
            _call.Screen.Warn(place.Missed is { } missed ? $"{missed} bytes are missing here: the log does not go back so far" : "what was written meanwhile is not known; the line goes on here");
        _place = place;
    }

    private int End()
    {
        (Status, Why) = (_socket.CloseStatus, _socket.CloseStatusDescription is { Length: > 0 } why ? why : Why);
        Settle(over: true);
        return 0;
    }

    /// <summary>Connects again, for as long as the client is patient.</summary>
    /// <returns>False: it could not be done, or the machine is off by now.</returns>
    private async Task<bool> AgainAsync(CancellationToken cancellation)
    {
        if (_place is null)
        {
            // A server that does not tell places cannot go on where it was.
            End();
            return false;
        }

        _call.Screen.Warn("the connection to the server broke; it is made again");
        var clock = _call.Around.Time;
        for (var began = clock.GetTimestamp(); clock.GetElapsedTime(began) < _call.Client.Patience;)
        {
            await Task.Delay(s_pause, clock, cancellation);
            try
            {
                var next = await _call.Client.OpenSerialAsync(_machine, _place, 0, _viewOnly, cancellation);
                _socket.Dispose();
                _socket = next;
                Settle(over: false);
                return true;
            }
            catch (WarrenUnreachableException)
            {
                // Not there yet.
            }
            catch (WarrenException e)
            {
                (Why, Status) = (e.Problem.Detail ?? e.Problem.Title, e.Problem.Status == 409 ? WebSocketCloseStatus.NormalClosure : null);
                if (e.Problem.Status >= 500) continue;
                break;
            }
        }

        Settle(over: true);
        return false;
    }

    private void Settle(bool over)
    {
        Volatile.Write(ref _over, over);
        Interlocked.Exchange(ref _changed, New()).SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
