using System.Buffers.Binary;
using System.Text;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>A viewer written from the protocol alone (RFC 6143; rfbproto for Tight): it shares no code with what it looks at.</summary>
internal sealed class TestViewer(Stream line) : IDisposable
{
    private readonly TightStreams _tight = new();

    public int Width { get; private set; }

    public int Height { get; private set; }

    public string Name { get; private set; } = "";

    public uint[] Pixels { get; private set; } = [];

    /// <summary>How often each encoding came.</summary>
    public Dictionary<int, int> Came { get; } = [];

    public List<string> Texts { get; } = [];

    /// <summary>Fences that came.</summary>
    public List<(uint Flags, byte[] Payload)> Fences { get; } = [];

    public bool AnswersFences { get; init; } = true;

    /// <summary>How often continuous updates were offered, or ended.</summary>
    public int Ends { get; private set; }

    /// <summary>Flags and the rest of messages about an extended clipboard.</summary>
    public List<(uint Flags, byte[] Data)> Clipboard { get; } = [];

    public async Task GreetAsync(string version = "RFB 003.008\n")
    {
        (await ReadAsync(12)).ShouldBe("RFB 003.008\n"u8.ToArray());
        await line.WriteAsync(Encoding.ASCII.GetBytes(version));
        if (version is "RFB 003.003\n")
        {
            (await ReadAsync(4)).ShouldBe((byte[])[0, 0, 0, 1]);
        }
        else
        {
            (await ReadAsync(2)).ShouldBe((byte[])[1, 1]);
            await line.WriteAsync((byte[])[1]);
            if (version is "RFB 003.008\n") (await ReadAsync(4)).ShouldBe(new byte[4]);
        }

        await line.WriteAsync((byte[])[0]);
        Size(await ShortAsync(), await ShortAsync());
        (await ReadAsync(16)).ShouldBe((byte[])[32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]);
        Name = Encoding.UTF8.GetString(await ReadAsync((int)await IntAsync()));
    }

    /// <summary>Greets, and sees the whole picture once.</summary>
    public async Task LookAsync(params int[] encodings)
    {
        await GreetAsync();
        await UnderstandAsync(encodings);
        await AskAsync();
        await UpdateAsync();
    }

    public Task UnderstandAsync(params int[] encodings) =>
        WriteAsync([2, 0, .. Short(encodings.Length), .. encodings.SelectMany(e => new[] { (byte)(e >> 24), (byte)(e >> 16), (byte)(e >> 8), (byte)e })]);

    /// <summary>Answers a fence (rfbproto, ClientFence).</summary>
    public Task AnswerAsync(int fence) => WriteAsync([248, 0, 0, 0, 0, 0, 0, (byte)Fences[fence].Flags, (byte)Fences[fence].Payload.Length, .. Fences[fence].Payload]);

    /// <summary>Wants all of the screen without asking for it, or no longer (rfbproto, EnableContinuousUpdates).</summary>
    public Task WantAsync(bool on = true) => WriteAsync([150, on ? (byte)1 : (byte)0, 0, 0, 0, 0, .. Short(Width), .. Short(Height)]);

    public Task AskAsync(bool incremental = true) =>
        WriteAsync([3, incremental ? (byte)1 : (byte)0, 0, 0, 0, 0, .. Short(Width), .. Short(Height)]);

    public async Task WriteAsync(byte[] bytes) => await line.WriteAsync(bytes);

    /// <summary>Asks and reads until the picture is this one.</summary>
    public async Task SeesAsync(Func<uint[]> pixels)
    {
        for (var update = 0; !Pixels.AsSpan().SequenceEqual(pixels()); update++)
        {
            update.ShouldBeLessThan(200, "the picture never became the machine's");
            await AskAsync();
            await UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Reads messages up to the next update.</summary>
    public async Task UpdateAsync()
    {
        while (true)
        {
            var kind = (await ReadAsync(1))[0];
            if (kind == 3)
            {
                await ReadAsync(3);
                var length = (int)await IntAsync();
                if (length >= 0) Texts.Add(Encoding.Latin1.GetString(await ReadAsync(length)));
                else Clipboard.Add((await IntAsync(), await ReadAsync(-length - 4)));
                continue;
            }

            if (kind is 2 or 150)
            {
                if (kind == 150) Ends++;
                continue;
            }

            if (kind == 248)
            {
                await ReadAsync(3);
                Fences.Add((await IntAsync(), await ReadAsync((await ReadAsync(1))[0])));
                if (AnswersFences && Fences[^1].Flags >> 31 != 0) await AnswerAsync(Fences.Count - 1);
                continue;
            }

            kind.ShouldBe((byte)0, "an update");
            await ReadAsync(1);
            var count = await ShortAsync();
            for (var i = 0; i < count; i++) await RectAsync();
            return;
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await line.ReadExactlyAsync(bytes);
        return bytes;
    }

    public void Dispose()
    {
        _tight.Dispose();
        line.Dispose();
    }

    public static byte[] Short(int value) => [(byte)(value >> 8), (byte)value];

    private async Task RectAsync()
    {
        int x = await ShortAsync(), y = await ShortAsync(), width = await ShortAsync(), height = await ShortAsync(), encoding = (int)await IntAsync();
        Came[encoding] = Came.GetValueOrDefault(encoding) + 1;
        switch (encoding)
        {
            case 0:
                var raw = await ReadAsync(width * height * 4);
                Put(x, y, width, height, i => BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(i * 4)) & 0xffffff);
                break;
            case 1:
                int fromX = await ShortAsync(), fromY = await ShortAsync();
                var before = (uint[])Pixels.Clone();
                Put(x, y, width, height, i => before[(fromY + i / width) * Width + fromX + i % width]);
                break;
            case 7:
                var pixels = await _tight.ReadAsync(this, width, height);
                Put(x, y, width, height, i => pixels[i]);
                break;
            case -223:
                Size(width, height);
                break;
            case -239:
                await ReadAsync(width * height * 4 + (width + 7) / 8 * height);
                break;
            case -258:
                break;
            case -307:
                Name = Encoding.UTF8.GetString(await ReadAsync((int)await IntAsync()));
                break;
            case -308:
                var screens = (await ReadAsync(4))[0];
                await ReadAsync(16 * screens);
                if ((width, height) != (Width, Height)) Size(width, height);
                break;
            default:
                throw new ShouldAssertException($"encoding {encoding} was not asked for");
        }
    }

    private void Put(int x, int y, int width, int height, Func<int, uint> pixel)
    {
        (x + width <= Width && y + height <= Height).ShouldBeTrue("inside the screen");
        for (var i = 0; i < width * height; i++) Pixels[(y + i / width) * Width + x + i % width] = pixel(i);
    }

    private void Size(int width, int height) => (Width, Height, Pixels) = (width, height, new uint[width * height]);

    private async Task<int> ShortAsync() => BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2));

    private async Task<uint> IntAsync() => BinaryPrimitives.ReadUInt32BigEndian(await ReadAsync(4));
}
