using System.Buffers;
using System.IO.Compression;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Reads what <see cref="TightEncoder"/> writes in the native format: one colour, a palette, or all pixels; each rectangle stands alone.</summary>
internal static class TightDecoder
{
    private const int LeastCompressed = 12;

    /// <summary>Paints a rectangle.</summary>
    /// <param name="bytes">What follows its head.</param>
    /// <param name="picture">What is painted.</param>
    /// <param name="part">Where; inside the picture.</param>
    /// <returns>Bytes that were read.</returns>
    /// <exception cref="RfbException">They are no such rectangle.</exception>
    public static int Read(ReadOnlyMemory<byte> bytes, Framebuffer picture, Rect part)
    {
        var from = new Source(bytes);
        var control = from.Take(1)[0];
        if (control >> 4 == 8)
        {
            var colour = Packed(from.Take(3), 0);
            for (var y = part.Y; y < part.Bottom; y++) picture.Row(part.X, y, part.Width).Fill(colour);
            return from.At;
        }

        if ((control & 0xb0) != 0) throw new RfbException("a Tight rectangle with a stream that was not begun");
        var filter = (control & 0x40) != 0 ? from.Take(1)[0] : 0;
        if (filter > 1) throw new RfbException($"a Tight rectangle with the unknown filter {filter}");
        var colours = filter == 1 ? from.Take(1)[0] + 1 : 0;
        var palette = from.Take(3 * colours);
        var across = colours == 0 ? part.Width * 3 : colours == 2 ? (part.Width + 7) / 8 : part.Width;
        var size = across * part.Height;
        var data = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Unpack(ref from, data.AsSpan(0, size));
            for (var y = 0; y < part.Height; y++) Paint(data.AsSpan(y * across, across), palette, picture.Row(part.X, part.Y + y, part.Width));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }

        return from.At;
    }

    private static void Paint(ReadOnlySpan<byte> data, ReadOnlySpan<byte> palette, Span<uint> row)
    {
        for (var x = 0; x < row.Length; x++)
        {
            row[x] = palette.IsEmpty ? Packed(data, x) : Packed(palette, Colour(palette.Length == 6 ? data[x / 8] >> (7 - x % 8) & 1 : data[x], palette));
        }
    }

    private static int Colour(int index, ReadOnlySpan<byte> palette) => index * 3 < palette.Length ? index : throw new RfbException("a colour outside its palette");

    private static void Unpack(ref Source from, Span<byte> to)
    {
        if (to.Length < LeastCompressed)
        {
            from.Take(to.Length).CopyTo(to);
            return;
        }

        int length = from.Take(1)[0], shift = 7;
        for (var more = length; (more & 0x80) != 0 && shift <= 14; shift += 7)
        {
            more = from.Take(1)[0];
            length = length & ((1 << shift) - 1) | more << shift;
        }

        using var packed = from.Open(length);
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        try
        {
            zlib.ReadExactly(to);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new RfbException("a Tight rectangle that cannot be unpacked");
        }
    }

    private static uint Packed(ReadOnlySpan<byte> bytes, int at) => (uint)(bytes[at * 3] << 16 | bytes[at * 3 + 1] << 8 | bytes[at * 3 + 2]);

    private ref struct Source(ReadOnlyMemory<byte> bytes)
    {
        public int At { get; private set; }

        public ReadOnlySpan<byte> Take(int count) => Slice(count).Span;

        public MemoryStream Open(int count)
        {
            var part = Slice(count);
            return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(part, out var array)
                ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(part.ToArray(), writable: false);
        }

        private ReadOnlyMemory<byte> Slice(int count)
        {
            if (count > bytes.Length - At) throw new RfbException("a rectangle ends too soon");
            At += count;
            return bytes.Slice(At - count, count);
        }
    }
}
