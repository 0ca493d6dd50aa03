using System.Buffers.Binary;
using System.IO.Compression;

namespace Warren.Server.Consoles.Screens;

/// <summary>Writes a picture as PNG: 8 bits a colour, no transparency (PNG specification, third edition, 5 and 11).</summary>
internal static class Png
{
    private static readonly uint[] s_crc = Table();

    /// <param name="pixels">0xXXRRGGBB, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    public static byte[] Encode(ReadOnlySpan<uint> pixels, int width)
    {
        var height = pixels.Length / width;
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        Span<byte> header = stackalloc byte[13];
        header.Clear();
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        // 8 bits, truecolour.
        (header[8], header[9]) = (8, 2);
        Chunk(png, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[1 + width * 3];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var pixel = pixels[y * width + x];
                    (row[1 + x * 3], row[2 + x * 3], row[3 + x * 3]) = ((byte)(pixel >> 16), (byte)(pixel >> 8), (byte)pixel);
                }

                zlib.Write(row);
            }
        }

        Chunk(png, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(kind);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, kind), data));
        png.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) crc = s_crc[(crc ^ b) & 0xff] ^ crc >> 8;
        return crc;
    }

    private static uint[] Table()
    {
        var table = new uint[256];
        for (var n = 0u; n < 256; n++)
        {
            var c = n;
            for (var k = 0; k < 8; k++) c = (c & 1) != 0 ? 0xedb88320 ^ c >> 1 : c >> 1;
            table[n] = c;
        }

        return table;
    }
}
