using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Rfb;

/// <summary>What a viewer wants to be sent.</summary>
/// <param name="Format">Its pixels.</param>
/// <param name="Encoding"><see cref="Encodings.Raw"/> or <see cref="Encodings.Tight"/>.</param>
/// <param name="Copies">It understands CopyRect.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Profile(PixelFormat Format, int Encoding, bool Copies)
{
    /// <summary>Of what a viewer understands (the one it likes best first), what is spoken here.</summary>
    public static Profile Of(PixelFormat format, IReadOnlyCollection<int> understood) => new(
        format, understood.FirstOrDefault(e => e is Encodings.Raw or Encodings.Tight), understood.Contains(Encodings.CopyRect));
}

/// <summary>
/// Writes parts of a picture for viewers of one pixel format. What it writes depends on nothing that was written before, so
/// that the same bytes serve every such viewer.
/// </summary>
internal abstract class RectEncoder(PixelFormat format)
{
    /// <summary>Bytes before the pixels of a rectangle (RFC 6143, 7.6.1).</summary>
    public const int Header = 12;

    protected PixelWriter Pixels { get; } = new(format);

    /// <summary>The encoder of what a viewer wants.</summary>
    public static RectEncoder For(Profile profile) =>
        profile.Encoding == Encodings.Tight ? new TightEncoder(profile.Format) : new RawEncoder(profile.Format);

    /// <summary>Writes one part of the picture as one rectangle.</summary>
    public abstract void Write(Framebuffer picture, Rect part, IBufferWriter<byte> to);

    /// <summary>Writes the head of a rectangle.</summary>
    public static void WriteHead(Rect part, int encoding, IBufferWriter<byte> to)
    {
        var head = to.GetSpan(Header);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)part.X);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)part.Y);
        BinaryPrimitives.WriteUInt16BigEndian(head[4..], (ushort)part.Width);
        BinaryPrimitives.WriteUInt16BigEndian(head[6..], (ushort)part.Height);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], encoding);
        to.Advance(Header);
    }

    /// <summary>A part that moved (RFC 6143, 7.7.2).</summary>
    public static void WriteCopy(Rect to, int fromX, int fromY, IBufferWriter<byte> writer)
    {
        WriteHead(to, Encodings.CopyRect, writer);
        var from = writer.GetSpan(4);
        BinaryPrimitives.WriteUInt16BigEndian(from, (ushort)fromX);
        BinaryPrimitives.WriteUInt16BigEndian(from[2..], (ushort)fromY);
        writer.Advance(4);
    }
}

/// <summary>Pixel by pixel (RFC 6143, 7.7.1).</summary>
internal sealed class RawEncoder(PixelFormat format) : RectEncoder(format)
{
    public override void Write(Framebuffer picture, Rect part, IBufferWriter<byte> to)
    {
        WriteHead(part, Encodings.Raw, to);
        for (var y = part.Y; y < part.Bottom; y++)
        {
            var row = picture.Row(part.X, y, part.Width);
            to.Advance(Pixels.Write(row, to.GetSpan(part.Width * Pixels.Format.BytesPerPixel)));
        }
    }
}
