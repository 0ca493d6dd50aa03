using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Warren.Contracts;
using Warren.Server.Consoles;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Sharing;

/// <summary>Somebody at a screen over the real WebSocket: sees it, types, and hears of the room.</summary>
internal sealed class ScreenGuest : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly Channel<JsonElement> _news = Channel.CreateUnbounded<JsonElement>();
    private ScreenSocket? _line;
    private Task? _looking;

    public RoomNews? Room { get; private set; }

    public string Id => Room!.You;

    public ViewerRole Role => Room!.Viewers.Single(v => v.Id == Id).Role;

    /// <summary>Why the server closed it.</summary>
    public string? Farewell => _socket.CloseStatusDescription;

    public static async Task<ScreenGuest> ComeAsync(TestServer server, string path, bool login = true)
    {
        var guest = new ScreenGuest();
        if (login) guest._socket.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        guest._socket.Options.AddSubProtocol(ScreenSocket.Protocol);
        await guest._socket.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + path), CancellationToken.None);
        guest._line = new ScreenSocket(guest._socket, text => guest._news.Writer.TryWrite(JsonDocument.Parse(text).RootElement.Clone()));
        guest._looking = guest.LookAsync();
        // From here on what it types is no part of the greeting.
        await guest.HearsAsync(_ => true);
        return guest;
    }

    /// <summary>Reads news until the room is like this.</summary>
    public async Task HearsAsync(Func<RoomNews, bool> like)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (Room is null || !like(Room)) Take(await _news.Reader.ReadAsync(limit.Token));
    }

    /// <summary>Says something about the room and reads what is answered where it cannot be done.</summary>
    public async Task<string> RefusedAsync(RoomVerb verb, string? viewer = null)
    {
        await SayAsync(verb, viewer);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var news = await _news.Reader.ReadAsync(limit.Token);
            if (news.TryGetProperty("error", out var error)) return error.GetString()!;
            Take(news);
        }
    }

    public async Task SayAsync(RoomVerb verb, string? viewer = null) =>
        await _line!.TellAsync(JsonSerializer.SerializeToUtf8Bytes(new RoomCommand(verb, viewer), WarrenJson.Options), default);

    /// <summary>Presses a key and lets it go, or only the one.</summary>
    public async Task KeyAsync(char key, bool down = true) =>
        await _line!.WriteAsync((byte[])[4, down ? (byte)1 : (byte)0, 0, 0, 0, 0, 0, (byte)key]);

    /// <summary>Waits until the server has closed it.</summary>
    public Task EndAsync() => _looking!.WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _looking!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        await _line!.DisposeAsync();
    }

    private void Take(JsonElement news)
    {
        if (news.TryGetProperty("you", out _)) Room = news.Deserialize<RoomNews>(WarrenJson.Options);
    }

    private async Task LookAsync()
    {
        using var viewer = new TestViewer(_line!);
        await viewer.GreetAsync();
        await viewer.UnderstandAsync(0);
        try
        {
            while (true)
            {
                await viewer.AskAsync();
                await viewer.UpdateAsync();
            }
        }
        catch (EndOfStreamException)
        {
            // It was closed, and said why.
        }
    }
}
