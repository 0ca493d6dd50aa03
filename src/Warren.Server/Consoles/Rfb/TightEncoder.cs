using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Warren.Server.Consoles.Rfb;

/// <summary>
/// Tight without loss (rfbproto, Tight encoding): one colour, a palette, or all pixels, the last two through zlib. Every
/// rectangle begins its stream anew (the reset bit), so that it can be sent to any viewer after anything.
/// </summary>
internal sealed class TightEncoder(PixelFormat format) : RectEncoder(format)
{
    private const byte ResetFirstStream = 0x01;
    private const byte NamedFilter = 0x40;
    private const byte Fill = 0x80;
    private const byte PaletteFilter = 1;

    /// <summary>Fewer bytes are sent as they are.</summary>
    private const int LeastCompressed = 12;

    /// <summary>So many are sent as they are, too, but in zlib's form: a letter or a cursor.</summary>
    private const int MostStored = 256;

    /// <summary>Widest rectangle that a viewer must take.</summary>
    public const int Widest = 2048;

    private int PackedBytes => Pixels.Format.PacksToThree ? 3 : Pixels.Format.BytesPerPixel;

    public override void Write(Framebuffer picture, Rect part, IBufferWriter<byte> to)
    {
        WriteHead(part, Encodings.Tight, to);
        var pixels = ArrayPool<uint>.Shared.Rent(part.Width * part.Height);
        try
        {
            var all = pixels.AsSpan(0, part.Width * part.Height);
            for (var y = 0; y < part.Height; y++) picture.Row(part.X, part.Y + y, part.Width).CopyTo(all[(y * part.Width)..]);
            Span<uint> palette = stackalloc uint[Palette.Most];
            var colours = Palette.Find(all, palette);
            if (colours == 1) WriteFill(palette[0], to);
            else if (colours > 0) WritePalette(all, part.Width, palette[..colours], to);
            else WriteAll(all, to);
        }
        finally
        {
            ArrayPool<uint>.Shared.Return(pixels);
        }
    }

    private void WriteFill(uint colour, IBufferWriter<byte> to)
    {
        var at = to.GetSpan(5);
        at[0] = Fill;
        to.Advance(1 + Pixels.WritePacked([colour], at[1..]));
    }

    private void WritePalette(ReadOnlySpan<uint> all, int width, ReadOnlySpan<uint> palette, IBufferWriter<byte> to)
    {
        var head = to.GetSpan(3 + palette.Length * 4);
        (head[0], head[1], head[2]) = (ResetFirstStream | NamedFilter, PaletteFilter, (byte)(palette.Length - 1));
        to.Advance(3 + Pixels.WritePacked(palette, head[3..]));
        var rows = all.Length / width;
        var size = palette.Length == 2 ? (width + 7) / 8 * rows : all.Length;
        var data = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            if (palette.Length == 2) Palette.Bits(all, width, palette[1], data.AsSpan(0, size));
            else Palette.Indices(all, palette, data.AsSpan(0, size));
            Compress(data.AsSpan(0, size), to);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private void WriteAll(ReadOnlySpan<uint> all, IBufferWriter<byte> to)
    {
        to.GetSpan(1)[0] = ResetFirstStream;
        to.Advance(1);
        var data = ArrayPool<byte>.Shared.Rent(all.Length * PackedBytes);
        try
        {
            Compress(data.AsSpan(0, Pixels.WritePacked(all, data)), to);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    private static void Compress(ReadOnlySpan<byte> data, IBufferWriter<byte> to)
    {
        if (data.Length < LeastCompressed)
        {
            to.Write(data);
            return;
        }

        if (data.Length <= MostStored)
        {
            Store(data, to);
            return;
        }

        using var packed = new MemoryStream(data.Length / 4 + 64);
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(data);
            // Not ended: a viewer's stream goes on until the next rectangle begins it anew.
            zlib.Flush();
            WriteLength((int)packed.Length, to);
            to.Write(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        }
    }

    /// <summary>A zlib stream that begins with a stored block (RFC 1950, 2.2; RFC 1951, 3.2.4): what zlib takes to begin is more than it saves.</summary>
    private static void Store(ReadOnlySpan<byte> data, IBufferWriter<byte> to)
    {
        WriteLength(7 + data.Length, to);
        var at = to.GetSpan(7 + data.Length);
        (at[0], at[1], at[2]) = (0x78, 0x01, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(at[3..], (ushort)data.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(at[5..], (ushort)~data.Length);
        data.CopyTo(at[7..]);
        to.Advance(7 + data.Length);
    }

    /// <summary>Seven bits a byte, the lowest first, the third with eight.</summary>
    private static void WriteLength(int length, IBufferWriter<byte> to)
    {
        var at = to.GetSpan(3);
        var count = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : 3;
        at[0] = (byte)(length & 0x7f | (count > 1 ? 0x80 : 0));
        if (count > 1) at[1] = (byte)(length >> 7 & 0x7f | (count > 2 ? 0x80 : 0));
        if (count > 2) at[2] = (byte)(length >> 14);
        to.Advance(count);
    }
}
