using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Rfb;

/// <summary>Puts pixels, as they are kept here, into a viewer's format.</summary>
internal sealed class PixelWriter
{
    private readonly uint[] _red;
    private readonly uint[] _green;
    private readonly uint[] _blue;

    public PixelWriter(PixelFormat format)
    {
        Format = format;
        (_red, _green, _blue) = ([], [], []);
        if (format.IsNative) return;
        _red = Table(format.RedMax, format.RedShift);
        _green = Table(format.GreenMax, format.GreenShift);
        _blue = Table(format.BlueMax, format.BlueShift);
    }

    public PixelFormat Format { get; }

    /// <summary>Writes pixels one after the other; returns the bytes written.</summary>
    public int Write(ReadOnlySpan<uint> pixels, Span<byte> to)
    {
        if (Format.IsNative)
        {
            MemoryMarshal.AsBytes(pixels).CopyTo(to);
            return pixels.Length * 4;
        }

        var size = Format.BytesPerPixel;
        for (var i = 0; i < pixels.Length; i++) Put(pixels[i], to[(i * size)..]);
        return pixels.Length * size;
    }

    /// <summary>Writes pixels as Tight wants them: packed where the format allows it.</summary>
    public int WritePacked(ReadOnlySpan<uint> pixels, Span<byte> to)
    {
        if (!Format.PacksToThree) return Write(pixels, to);
        for (var i = 0; i < pixels.Length; i++)
        {
            var pixel = pixels[i];
            var at = to.Slice(i * 3, 3);
            (at[0], at[1], at[2]) = ((byte)(pixel >> 16), (byte)(pixel >> 8), (byte)pixel);
        }

        return pixels.Length * 3;
    }

    private void Put(uint pixel, Span<byte> to)
    {
        var value = _red[(pixel >> 16) & 255] | _green[(pixel >> 8) & 255] | _blue[pixel & 255];
        if (Format.BitsPerPixel == 8) to[0] = (byte)value;
        else if (Format.BitsPerPixel == 16 && Format.BigEndian) BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)value);
        else if (Format.BitsPerPixel == 16) BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
        else if (Format.BigEndian) BinaryPrimitives.WriteUInt32BigEndian(to, value);
        else BinaryPrimitives.WriteUInt32LittleEndian(to, value);
    }

    /// <summary>Each of 256 shades in the range of the format, in its place; the nearest one.</summary>
    private static uint[] Table(ushort max, byte shift)
    {
        var table = new uint[256];
        for (var i = 0u; i < 256; i++) table[i] = ((i * max + 127) / 255) << shift;
        return table;
    }
}
