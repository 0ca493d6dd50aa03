using System.Buffers.Binary;
using System.Threading.Channels;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>A machine's screen that sends what a test tells it to, and notes what it is sent (RFC 6143, the server's side).</summary>
internal sealed class ScriptedScreen
{
    private readonly Channel<Stream> _lines = Channel.CreateUnbounded<Stream>();
    private Stream _line = Stream.Null;

    public int Width { get; set; } = 320;

    public int Height { get; set; } = 200;

    /// <summary>What the screen shows; 0xRRGGBB.</summary>
    public uint[] Pixels { get; private set; } = [];

    /// <summary>Messages that came, whole, but for requests of updates.</summary>
    public Channel<byte[]> Input { get; } = Channel.CreateUnbounded<byte[]>();

    /// <summary>Requests of updates: incremental or not.</summary>
    public Channel<bool> Asked { get; } = Channel.CreateUnbounded<bool>();

    /// <summary>Not null: it cannot be reached.</summary>
    public Exception? Away { get; set; }

    public int Opened { get; private set; }

    /// <summary>The machine's side of one connection.</summary>
    public Task<Stream?> OpenAsync(CancellationToken cancellation)
    {
        if (Away is not null) return Task.FromException<Stream?>(Away);
        var (near, far) = DuplexLine.Make();
        Opened++;
        _lines.Writer.TryWrite(far);
        return Task.FromResult<Stream?>(near);
    }

    /// <summary>Greets the next connection.</summary>
    public async Task GreetAsync()
    {
        _line = await _lines.Reader.ReadAsync();
        Pixels = new uint[Width * Height];
        await _line.WriteAsync("RFB 003.008\n"u8.ToArray());
        (await ReadAsync(12)).ShouldBe("RFB 003.008\n"u8.ToArray());
        await _line.WriteAsync((byte[])[2, 2, 1]);
        (await ReadAsync(1)).ShouldBe((byte[])[1]);
        await _line.WriteAsync(new byte[4]);
        (await ReadAsync(1)).ShouldBe((byte[])[1], "shared");
        await _line.WriteAsync((byte[])[.. TestViewer.Short(Width), .. TestViewer.Short(Height), 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0, 0, 0, 0, 4, .. "test"u8]);
        _ = ListenAsync(_line);
    }

    /// <summary>One update with these rectangles.</summary>
    public Task SendAsync(params byte[][] rectangles) => SendRawAsync([0, 0, .. TestViewer.Short(rectangles.Length), .. rectangles.SelectMany(r => r)]);

    public async Task SendRawAsync(byte[] bytes) => await _line.WriteAsync(bytes);

    public void Hang() => _line.Dispose();

    /// <summary>New pixels, also noted here.</summary>
    public byte[] Paint(int x, int y, int width, int height, Func<int, int, uint> colour)
    {
        var bytes = new List<byte>(Head(x, y, width, height, 0));
        for (var row = y; row < y + height; row++)
        for (var column = x; column < x + width; column++)
        {
            var pixel = colour(column, row) & 0xffffff;
            Pixels[row * Width + column] = pixel;
            bytes.AddRange([(byte)pixel, (byte)(pixel >> 8), (byte)(pixel >> 16), 0xaa]);
        }

        return [.. bytes];
    }

    public byte[] Move(int x, int y, int width, int height, int fromX, int fromY)
    {
        var before = (uint[])Pixels.Clone();
        for (var row = 0; row < height; row++)
        for (var column = 0; column < width; column++)
            Pixels[(y + row) * Width + x + column] = before[(fromY + row) * Width + fromX + column];
        return [.. Head(x, y, width, height, 1), .. TestViewer.Short(fromX), .. TestViewer.Short(fromY)];
    }

    public byte[] Resize(int width, int height)
    {
        (Width, Height, Pixels) = (width, height, new uint[width * height]);
        return Head(0, 0, width, height, -223);
    }

    public static byte[] Head(int x, int y, int width, int height, int encoding)
    {
        var bytes = new byte[12];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), encoding);
        ((byte[])[.. TestViewer.Short(x), .. TestViewer.Short(y), .. TestViewer.Short(width), .. TestViewer.Short(height)]).CopyTo(bytes, 0);
        return bytes;
    }

    private async Task ListenAsync(Stream line)
    {
        try
        {
            while (true)
            {
                var kind = (await ReadAsync(line, 1))[0];
                byte[] message = kind switch
                {
                    0 => [kind, .. await ReadAsync(line, 19)],
                    2 => await EncodingsAsync(line),
                    3 => [kind, .. await ReadAsync(line, 9)],
                    4 => [kind, .. await ReadAsync(line, 7)],
                    5 => [kind, .. await ReadAsync(line, 5)],
                    6 => await TextAsync(line),
                    251 => [kind, .. await ReadAsync(line, 23)],
                    255 => [kind, .. await ReadAsync(line, 11)],
                    _ => throw new InvalidOperationException($"a message of kind {kind} went to the machine"),
                };
                if (kind == 3) Asked.Writer.TryWrite(message[1] != 0);
                else Input.Writer.TryWrite(message);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidOperationException or IOException)
        {
            Asked.Writer.TryWrite(false);
        }
    }

    private static async Task<byte[]> EncodingsAsync(Stream line)
    {
        var head = await ReadAsync(line, 3);
        return [2, .. head, .. await ReadAsync(line, 4 * BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1)))];
    }

    private static async Task<byte[]> TextAsync(Stream line)
    {
        var head = await ReadAsync(line, 7);
        return [6, .. head, .. await ReadAsync(line, BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(3)))];
    }

    private Task<byte[]> ReadAsync(int count) => ReadAsync(_line, count);

    private static async Task<byte[]> ReadAsync(Stream line, int count)
    {
        var bytes = new byte[count];
        await line.ReadExactlyAsync(bytes);
        return bytes;
    }
}
