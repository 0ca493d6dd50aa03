using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Rfb;

/// <summary>How a pixel is written on the line (RFC 6143, 7.4); true colour only.</summary>
/// <param name="BitsPerPixel">8, 16 or 32.</param>
/// <param name="Depth">Bits of it that count.</param>
/// <param name="BigEndian">Order of its bytes.</param>
/// <param name="RedMax">Largest red; a power of two less one.</param>
/// <param name="GreenMax">Largest green.</param>
/// <param name="BlueMax">Largest blue.</param>
/// <param name="RedShift">Place of red's lowest bit.</param>
/// <param name="GreenShift">Place of green's lowest bit.</param>
/// <param name="BlueShift">Place of blue's lowest bit.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PixelFormat(
    byte BitsPerPixel, byte Depth, bool BigEndian, ushort RedMax, ushort GreenMax, ushort BlueMax, byte RedShift, byte GreenShift, byte BlueShift)
{
    /// <summary>Bytes of a format on the line.</summary>
    public const int Length = 16;

    /// <summary>As a picture is kept here: 32 bits, <c>0x00RRGGBB</c>, lowest byte first.</summary>
    public static readonly PixelFormat Native = new(32, 24, false, 255, 255, 255, 16, 8, 0);

    /// <summary>Bytes of a pixel.</summary>
    public int BytesPerPixel => BitsPerPixel / 8;

    /// <summary>Whether a pixel kept here has the very bytes that go on the line.</summary>
    public bool IsNative => this with { Depth = 24 } == Native;

    /// <summary>Whether Tight packs its pixels into three bytes, red first (RFB protocol, Tight encoding: TPIXEL).</summary>
    public bool PacksToThree => BitsPerPixel == 32 && Depth == 24 && RedMax == 255 && GreenMax == 255 && BlueMax == 255;

    /// <summary>Reads a format.</summary>
    /// <exception cref="RfbException">A colour map, or masks that overlap or leave the pixel.</exception>
    public static PixelFormat Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes[3] == 0) throw new RfbException("pixels by a colour map are not offered, only true colour");
        var format = new PixelFormat(bytes[0], bytes[1], bytes[2] != 0, Short(bytes[4..]), Short(bytes[6..]), Short(bytes[8..]), bytes[10], bytes[11], bytes[12]);
        if (format.BitsPerPixel is not (8 or 16 or 32)) throw new RfbException($"a pixel has 8, 16 or 32 bits, not {format.BitsPerPixel}");
        if (format.Depth is 0 || format.Depth > format.BitsPerPixel) throw new RfbException($"a depth of {format.Depth} does not fit {format.BitsPerPixel} bits");
        ulong taken = 0;
        foreach (var (max, shift) in new[] { (format.RedMax, format.RedShift), (format.GreenMax, format.GreenShift), (format.BlueMax, format.BlueShift) })
        {
            var mask = (ulong)max << Math.Min((int)shift, 32);
            if (max == 0 || (max & (max + 1)) != 0 || mask >> format.BitsPerPixel != 0 || (taken & mask) != 0)
                throw new RfbException("the colours of a pixel overlap or do not fit into it");
            taken |= mask;
        }

        return format;
    }

    /// <summary>Writes the format.</summary>
    public void Write(Span<byte> to)
    {
        (to[0], to[1], to[2], to[3]) = (BitsPerPixel, Depth, BigEndian ? (byte)1 : (byte)0, 1);
        BinaryPrimitives.WriteUInt16BigEndian(to[4..], RedMax);
        BinaryPrimitives.WriteUInt16BigEndian(to[6..], GreenMax);
        BinaryPrimitives.WriteUInt16BigEndian(to[8..], BlueMax);
        (to[10], to[11], to[12]) = (RedShift, GreenShift, BlueShift);
        to[13..Length].Clear();
    }

    private static ushort Short(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

/// <summary>Bytes that break the protocol, or more than is taken.</summary>
internal sealed class RfbException(string message) : IOException(message);
