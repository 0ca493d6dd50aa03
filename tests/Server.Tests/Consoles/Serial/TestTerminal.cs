using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Serial;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>A terminal that writes down each byte with its place, by what it was told and its own counting.</summary>
internal sealed class TestTerminal : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly DuplexLine _near;
    private readonly DuplexLine _far;
    private readonly WebSocket _socket;
    private readonly IDisposable _seat;
    private readonly Task _listening;
    private readonly Task _serving;
    private readonly StringBuilder _text = new();
    private TaskCompletionSource _free = new();

    private TestTerminal(SerialHub hub, IDisposable seat, KeptLog log, (long At, long? Missed) begin, ViewerRole role, string? protocol)
    {
        (_seat, (_near, _far)) = (seat, DuplexLine.Make(8 * 1024));
        _socket = WebSocket.CreateFromStream(_near, new WebSocketCreationOptions { SubProtocol = protocol });
        var server = WebSocket.CreateFromStream(_far, new WebSocketCreationOptions { IsServer = true, SubProtocol = protocol });
        _free.SetResult();
        _listening = ListenAsync();
        _serving = new SerialTerminal(server, hub, TimeProvider.System).RunAsync(log, begin.At, begin.Missed, role, new OpenConnection(Row(role), _ => Task.CompletedTask), _stop.Token);
    }

    /// <summary>Where the next byte is; -1: it was not told.</summary>
    public long At { get; private set; } = -1;

    public string? Log { get; private set; }

    /// <summary>All that it was told.</summary>
    public List<(string Log, long At, long? Missed)> Places { get; } = [];

    /// <summary>Pieces with their places.</summary>
    public List<(long At, byte[] Bytes)> Heard { get; } = [];

    /// <summary>All of them, a letter for each.</summary>
    public string Text
    {
        get { lock (Heard) return _text.ToString(); }
    }

    public WebSocketCloseStatus? Closed => _socket.CloseStatus;

    public string? Why => _socket.CloseStatusDescription;

    public static async Task<TestTerminal> ComeAsync(
        SerialHub hub, long? from = null, string? log = null, int tail = 0, ViewerRole role = ViewerRole.Control, string? protocol = SerialTerminal.Protocol)
    {
        var seat = hub.Join() ?? throw new InvalidOperationException("the hub is over");
        var first = hub.Beginning is null;
        await hub.ReadyAsync(TestContext.Current.CancellationToken);
        var kept = await hub.OpenLogAsync(TestContext.Current.CancellationToken);
        return new TestTerminal(hub, seat, kept, new SerialBegin(from, log, tail).In(kept, first ? hub.Beginning : null), role, protocol);
    }

    /// <summary>Stops reading; what is on its way stays there.</summary>
    public void Stall()
    {
        // Another one would leave it waiting for the first for ever.
        if (_free.Task.IsCompleted) _free = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Resume() => _free.TrySetResult();

    public Task TypeAsync(string text, WebSocketMessageType type = WebSocketMessageType.Binary) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), type, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>The server stops.</summary>
    public Task StopServerAsync() => _stop.CancelAsync();

    public Task HearsAsync(string text) => Eventually.BecomesAsync(() => Task.FromResult(Text.Contains(text, StringComparison.Ordinal)), text, tell: () => Task.FromResult(Text));

    public Task IsToldAsync(int times) => Eventually.BecomesAsync(() => Task.FromResult(Places.Count >= times), "it is told");

    public Task IsClosedAsync() => Eventually.BecomesAsync(() => Task.FromResult(Closed is not null), "it is closed");

    /// <summary>The network breaks, in the middle of whatever it is.</summary>
    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        _near.Dispose();
        Resume();
        await _serving;
        // A read of a pipe ends with the other end's.
        _far.Dispose();
        await _listening;
        _seat.Dispose();
        _stop.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (true)
            {
                await _free.Task;
                var received = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
                    return;
                }

                Take(received, buffer);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // It has gone.
        }
    }

    private void Take(ValueWebSocketReceiveResult received, byte[] buffer)
    {
        lock (Heard)
        {
            if (received.MessageType == WebSocketMessageType.Text)
            {
                var place = JsonSerializer.Deserialize<SerialPlace>(buffer.AsSpan(0, received.Count), WarrenJson.Options)!;
                (At, Log) = (place.At, place.Log);
                Places.Add((place.Log, place.At, place.Missed));
                return;
            }

            Heard.Add((At, buffer[..received.Count]));
            _text.Append(Encoding.Latin1.GetString(buffer, 0, received.Count));
            At += received.Count;
        }
    }

    private static ConnectionRow Row(ViewerRole role) => new()
    {
        Id = "1", MachineId = "m", MachineName = "m", OwnerId = "o", ProjectId = "p", UserId = "u", UserName = "u", Address = "", Kind = ConsoleKind.Serial, Role = role,
    };
}
