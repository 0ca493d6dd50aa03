using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;

namespace EndToEnd.Tests.Running;

/// <summary>A viewer of a machine's screen through the server's WebSocket: just enough of RFB (RFC 6143) to see its pixels.</summary>
internal sealed class Screen : IAsyncDisposable
{
    private const int SecurityNone = 1, SetPixelFormat = 0, SetEncodings = 2, UpdateRequest = 3, BytesPerPixel = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = new(s_limit, TimeProvider.System);
    private byte[] _left = [];

    private Screen() { }

    /// <summary>The first bytes that came, the protocol's version.</summary>
    public string Greeting { get; private set; } = "";

    /// <summary>Connects and reads the greeting.</summary>
    public static async Task<Screen> OpenAsync(ServerProcess server, string machine)
    {
        var screen = new Screen();
        screen._socket.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        screen._socket.Options.AddSubProtocol("binary");
        var address = new UriBuilder(server.Client.Server) { Scheme = "ws", Path = $"/api/v1/machines/{machine}/screen" };
        await screen._socket.ConnectAsync(address.Uri, screen._limit.Token);
        screen.Greeting = Encoding.ASCII.GetString(await screen.ReadAsync(12));
        return screen;
    }

    /// <summary>Asks for one full picture and counts its colours: a blank screen has one.</summary>
    public async Task<int> ColoursAsync()
    {
        await WriteAsync(Encoding.ASCII.GetBytes(Greeting));
        (await ReadAsync((await ReadAsync(1))[0])).ShouldContain((byte)SecurityNone);
        await WriteAsync([SecurityNone]);
        BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(4)).ShouldBe(0u, "the security handshake");
        await WriteAsync([1]);
        var init = await ReadAsync(24);
        var (width, height) = (Short(init, 0), Short(init, 2));
        await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(init.AsSpan(20)));
        // 32 bits per pixel, true colour, 8 bits each; then raw pixels only.
        await WriteAsync([SetPixelFormat, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
        await WriteAsync([SetEncodings, 0, 0, 1, 0, 0, 0, 0]);
        await WriteAsync([UpdateRequest, 0, 0, 0, 0, 0, (byte)(width >> 8), (byte)width, (byte)(height >> 8), (byte)height]);
        var update = await ReadAsync(4);
        update[0].ShouldBe((byte)0, "a picture");
        var colours = new HashSet<uint>();
        for (var left = Short(update, 2); left > 0; left--) await ReadRectangleAsync(colours);
        return colours.Count;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, _limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            _socket.Abort();
        }

        _socket.Dispose();
        _limit.Dispose();
    }

    private async Task ReadRectangleAsync(HashSet<uint> colours)
    {
        var head = await ReadAsync(12);
        BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8)).ShouldBe(0, "raw pixels");
        var pixels = await ReadAsync(Short(head, 4) * Short(head, 6) * BytesPerPixel);
        for (var at = 0; at < pixels.Length; at += BytesPerPixel)
            colours.Add(BinaryPrimitives.ReadUInt32LittleEndian(pixels.AsSpan(at)) & 0xFFFFFF);
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        var read = new List<byte>(_left);
        var buffer = new byte[64 * 1024];
        while (read.Count < count)
        {
            var got = await _socket.ReceiveAsync(buffer.AsMemory(), _limit.Token);
            if (got.MessageType == WebSocketMessageType.Close) throw new ShouldAssertException("the screen was closed: " + _socket.CloseStatusDescription);
            read.AddRange(buffer.AsSpan(0, got.Count));
        }

        _left = [.. read.Skip(count)];
        return [.. read.Take(count)];
    }

    private Task WriteAsync(byte[] bytes) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, _limit.Token);

    private static int Short(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
}
