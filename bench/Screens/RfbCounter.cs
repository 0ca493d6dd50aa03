using System.Buffers.Binary;

namespace Warren.Bench.Screens;

/// <summary>
/// Finds its way through what a viewer is sent (RFC 6143; rfbproto for Tight) and counts it, without unpacking any of it: this load must
/// cost little.
/// </summary>
/// <param name="bytesPerPixel">4, or 2 for RGB565 with the lowest byte first.</param>
internal sealed class RfbCounter(int bytesPerPixel)
{
    private enum Next
    {
        Message,
        Update,
        Rectangle,
        FenceHead,
        Fence,
        RawStart,
        TightControl,
        TightFilter,
        TightPalette,
        TightFill,
        TightLength,
        TightLength2,
        TightLength3,
        Pixels,
    }

    private readonly byte[] _part = new byte[1024];
    private int _have;
    private int _want = 1;
    private long _skip;
    private long _length;
    private int _rectangles;
    private Next _next = Next.Message;
    private (int X, int Y, int Width, int Height) _rect;

    public long Updates { get; private set; }

    /// <summary>Continuous updates were offered.</summary>
    public bool Offered { get; private set; }

    /// <summary>Fences that are to be answered.</summary>
    public Queue<byte[]> Fences { get; } = new();

    /// <summary>The colour at the top left, in each rectangle that began there.</summary>
    public uint? Corner { get; private set; }

    /// <summary>Takes bytes; true when an update was completed, of which the colour of the corner, if it came, is to be seen until the next call.</summary>
    public bool Take(ReadOnlySpan<byte> bytes)
    {
        var updates = Updates;
        Corner = null;
        while (bytes.Length > 0)
        {
            if (_skip > 0)
            {
                var skipped = (int)Math.Min(_skip, bytes.Length);
                _skip -= skipped;
                bytes = bytes[skipped..];
                if (_skip == 0) RectangleEnds();
                continue;
            }

            var taken = Math.Min(_want - _have, bytes.Length);
            bytes[..taken].CopyTo(_part.AsSpan(_have));
            _have += taken;
            bytes = bytes[taken..];
            if (_have < _want) break;
            _have = 0;
            Step(_part);
        }

        return Updates != updates;
    }

    private void Step(ReadOnlySpan<byte> part)
    {
        switch (_next)
        {
            case Next.Message:
                Begins(part[0]);
                break;
            case Next.FenceHead:
                if (part[7] > 0) Await(Next.Fence, part[7]);
                else EndFence([]);
                break;
            case Next.Fence:
                EndFence(part[.._want]);
                break;
            case Next.Update:
                _rectangles = BinaryPrimitives.ReadUInt16BigEndian(part[1..]);
                if (_rectangles == 0) throw new InvalidDataException("an update of nothing");
                Await(Next.Rectangle, 12);
                break;
            case Next.Rectangle:
                Begin(part);
                break;
            case Next.RawStart:
                if (_rect is { X: 0, Y: 0 }) Corner = Colour(part);
                Pixels((long)_rect.Width * _rect.Height * bytesPerPixel - bytesPerPixel);
                break;
            case Next.TightControl:
                if (part[0] >> 4 == 8) Await(Next.TightFill, Packed);
                else if ((part[0] & 0x40) != 0) Await(Next.TightFilter, 2);
                else Compressed((long)_rect.Width * _rect.Height * Packed);
                break;
            case Next.TightFill:
                if (_rect is { X: 0, Y: 0 }) Corner = Packed == 3 ? (uint)(part[0] << 16 | part[1] << 8 | part[2]) : Colour(part);
                Pixels(0);
                break;
            case Next.TightFilter:
                _length = part[1] == 1 ? (_rect.Width + 7L) / 8 * _rect.Height : (long)_rect.Width * _rect.Height;
                Await(Next.TightPalette, (part[1] + 1) * Packed);
                break;
            case Next.TightPalette:
                Compressed(_length);
                break;
            case Next.TightLength:
                _length = part[0] & 127;
                LengthGoesOn(part[0] > 127, Next.TightLength2);
                break;
            case Next.TightLength2:
                _length |= (long)(part[0] & 127) << 7;
                LengthGoesOn(part[0] > 127, Next.TightLength3);
                break;
            case Next.TightLength3:
                _length |= (long)part[0] << 14;
                LengthGoesOn(false, default);
                break;
        }
    }

    private void Begins(byte kind)
    {
        switch (kind)
        {
            case 0:
                Await(Next.Update, 3);
                break;
            case 150:
                Offered = true;
                Await(Next.Message, 1);
                break;
            case 248:
                Await(Next.FenceHead, 8);
                break;
            default:
                throw new InvalidDataException($"a message of kind {kind}");
        }
    }

    private void EndFence(ReadOnlySpan<byte> payload)
    {
        Fences.Enqueue(payload.ToArray());
        Await(Next.Message, 1);
    }

    private int Packed => bytesPerPixel == 4 ? 3 : bytesPerPixel;

    private void Begin(ReadOnlySpan<byte> head)
    {
        _rect = (Short(head), Short(head[2..]), Short(head[4..]), Short(head[6..]));
        switch (BinaryPrimitives.ReadInt32BigEndian(head[8..]))
        {
            case 0:
                Await(Next.RawStart, bytesPerPixel);
                break;
            case 1:
                Pixels(4);
                break;
            case 7:
                Await(Next.TightControl, 1);
                break;
            case var other:
                throw new InvalidDataException($"encoding {other}");
        }
    }

    /// <summary>Fewer than 12 bytes are not packed.</summary>
    private void Compressed(long length)
    {
        if (length < 12) Pixels(length);
        else Await(Next.TightLength, 1);
    }

    private void LengthGoesOn(bool more, Next next)
    {
        if (more) Await(next, 1);
        else Pixels(_length);
    }

    private void Pixels(long bytes)
    {
        _skip = bytes;
        _next = Next.Pixels;
        if (bytes == 0) RectangleEnds();
    }

    private void RectangleEnds()
    {
        if (--_rectangles > 0)
        {
            Await(Next.Rectangle, 12);
            return;
        }

        Updates++;
        Await(Next.Message, 1);
    }

    private void Await(Next next, int bytes) => (_next, _want) = (next, bytes);

    private uint Colour(ReadOnlySpan<byte> pixel)
    {
        if (bytesPerPixel == 4) return BinaryPrimitives.ReadUInt32LittleEndian(pixel) & 0xffffff;
        var value = BinaryPrimitives.ReadUInt16LittleEndian(pixel);
        // Green has six bits; of a mark the lowest is made of the others.
        return (uint)((value >> 11) * 255 / 31 << 16 | (value >> 5 & 63) * 255 / 63 << 8 | (value & 31) * 255 / 31);
    }

    private static int Short(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);
}
