using System.Net.WebSockets;
using System.Text;

namespace EndToEnd.Tests.Running;

/// <summary>A terminal on a machine's serial line through the server's WebSocket; everything it hears is kept.</summary>
internal sealed class SerialLine : IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly StringBuilder _heard = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _listening;

    private SerialLine(WebSocket socket)
    {
        _socket = socket;
        _listening = ListenAsync();
    }

    /// <summary>What was heard, without carriage returns.</summary>
    public string Heard
    {
        get { lock (_heard) return _heard.ToString(); }
    }

    /// <summary>The server has closed it, or it broke.</summary>
    public bool Ended => _listening.IsCompleted;

    public static async Task<SerialLine> OpenAsync(ServerProcess server, string machine) => new(await server.Client.OpenSerialAsync(machine));

    /// <summary>Types a line as a person does.</summary>
    public async Task TypeAsync(string line) => await _socket.SendAsync(Encoding.ASCII.GetBytes(line + "\n"), WebSocketMessageType.Binary, endOfMessage: true, _end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[16 * 1024];
        while (await _socket.ReceiveAsync(buffer.AsMemory(), _end.Token) is { MessageType: not WebSocketMessageType.Close } received)
        {
            lock (_heard) _heard.Append(Encoding.Latin1.GetString(buffer, 0, received.Count).Replace("\r", "", StringComparison.Ordinal));
        }
    }
}
