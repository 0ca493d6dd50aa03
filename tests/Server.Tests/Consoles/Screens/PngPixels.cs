using System.Buffers.Binary;
using System.IO.Compression;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>A PNG of 8-bit colours without filters, as screenshots are (PNG specification, 5 and 11).</summary>
internal static class PngPixels
{
    public static (int Width, int Height, uint[] Pixels) Read(byte[] png)
    {
        png.AsSpan(0, 8).ToArray().ShouldBe((byte[])[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
        int width = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), height = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20));
        var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(33));
        using var data = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        var rows = new byte[height * (1 + width * 3)];
        data.ReadExactly(rows);
        return (width, height, [.. Enumerable.Range(0, width * height).Select(i => i / width * (1 + width * 3) + 1 + i % width * 3).Select(at => (uint)(rows[at] << 16 | rows[at + 1] << 8 | rows[at + 2]))]);
    }
}
