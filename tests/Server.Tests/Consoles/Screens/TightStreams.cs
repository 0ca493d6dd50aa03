using System.IO.Compression;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>Reads Tight rectangles of 24-bit pixels as rfbproto describes them, with the four streams a viewer keeps.</summary>
internal sealed class TightStreams : IDisposable
{
    private readonly Growing?[] _packed = new Growing?[4];
    private readonly ZLibStream?[] _streams = new ZLibStream?[4];

    public async Task<uint[]> ReadAsync(TestViewer from, int width, int height)
    {
        var control = (await from.ReadAsync(1))[0];
        for (var i = 0; i < 4; i++)
        {
            if ((control & (1 << i)) == 0) continue;
            _streams[i]?.Dispose();
            _streams[i] = null;
        }

        if (control >> 4 == 8)
        {
            var colour = Pixel(await from.ReadAsync(3), 0);
            return [.. Enumerable.Repeat(colour, width * height)];
        }

        (control >> 7).ShouldBe(0, "no JPEG was asked for");
        var stream = control >> 4 & 3;
        var filter = (control & 0x40) != 0 ? (await from.ReadAsync(1))[0] : (byte)0;
        filter.ShouldBeInRange((byte)0, (byte)1);
        if (filter == 0)
        {
            var all = await DataAsync(from, stream, width * height * 3);
            return [.. Enumerable.Range(0, width * height).Select(i => Pixel(all, i))];
        }

        var count = (await from.ReadAsync(1))[0] + 1;
        var palette = await from.ReadAsync(count * 3);
        var across = count == 2 ? (width + 7) / 8 : width;
        var data = await DataAsync(from, stream, across * height);
        return [.. Enumerable.Range(0, width * height).Select(i => Pixel(palette, count == 2 ? data[i / width * across + i % width / 8] >> (7 - i % width % 8) & 1 : data[i]))];
    }

    public void Dispose()
    {
        foreach (var stream in _streams) stream?.Dispose();
    }

    private async Task<byte[]> DataAsync(TestViewer from, int stream, int size)
    {
        if (size < 12) return await from.ReadAsync(size);
        int length = 0, shift = 0;
        byte part;
        do
        {
            part = (await from.ReadAsync(1))[0];
            length |= shift == 14 ? part << 14 : (part & 0x7f) << shift;
            shift += 7;
        }
        while ((part & 0x80) != 0 && shift < 21);
        var packed = await from.ReadAsync(length);
        if (_streams[stream] is null) _streams[stream] = new ZLibStream(_packed[stream] = new Growing(), CompressionMode.Decompress);
        _packed[stream]!.Add(packed);
        var data = new byte[size];
        _streams[stream]!.ReadExactly(data);
        return data;
    }

    private static uint Pixel(byte[] bytes, int at) => (uint)(bytes[at * 3] << 16 | bytes[at * 3 + 1] << 8 | bytes[at * 3 + 2]);

    /// <summary>A stream to which is added what is to be read.</summary>
    private sealed class Growing : MemoryStream
    {
        public void Add(byte[] bytes)
        {
            var at = Position;
            Position = Length;
            Write(bytes);
            Position = at;
        }
    }
}
