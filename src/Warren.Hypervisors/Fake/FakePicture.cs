using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>What a fake screen shows: a colour of the machine, a bar that moves twice a second, a square for each key pressed.</summary>
internal sealed class FakePicture(string machineId, DateTimeOffset startedAt, FakeKeys keys, TimeProvider clock)
{
    /// <summary>Width in pixels.</summary>
    internal const int Width = 320;

    /// <summary>Height in pixels.</summary>
    internal const int Height = 200;

    /// <summary>How long the bar stands still.</summary>
    internal static TimeSpan Step { get; } = TimeSpan.FromMilliseconds(500);

    private const int BarWidth = 8, Square = 8;
    private readonly byte[] _colour = SHA256.HashData(Encoding.UTF8.GetBytes(machineId))[..3];

    /// <summary>Another value when the picture is another.</summary>
    internal (long Steps, int Keys) Version => ((clock.GetUtcNow() - startedAt).Ticks / Step.Ticks, keys.On(machineId).Count);

    /// <summary>Ends when a key is pressed.</summary>
    internal Task NextKey => keys.Next;

    /// <summary>Notes a key.</summary>
    internal void Press(uint symbol) => keys.Press(machineId, symbol);

    /// <summary>A part of the picture in the pixels the viewer asked for, row by row.</summary>
    internal byte[] Pixels(FakePixelFormat format, int x, int y, int width, int height)
    {
        var pressed = keys.On(machineId).TakeLast(Width / Square * 2).ToArray();
        var bar = (int)(Version.Steps * BarWidth % Width);
        var bytes = new byte[width * height * format.Bytes];
        var at = bytes.AsSpan();
        for (var row = y; row < y + height; row++)
        {
            for (var column = x; column < x + width; column++)
            {
                var (red, green, blue) = Colour(column, row, bar, pressed);
                format.Write(at, red, green, blue);
                at = at[format.Bytes..];
            }
        }

        return bytes;
    }

    private (byte Red, byte Green, byte Blue) Colour(int x, int y, int bar, uint[] pressed)
    {
        var key = (y / Square * (Width / Square)) + (x / Square);
        if (key < pressed.Length) return ((byte)(255 - pressed[key]), (byte)(pressed[key] * 7), (byte)(pressed[key] * 13));
        if (x >= bar && x < bar + BarWidth) return (255, 255, 255);
        return (_colour[0], _colour[1], _colour[2]);
    }
}

/// <summary>How a viewer wants its pixels (RFC 6143, 7.4): true colour only.</summary>
internal sealed record FakePixelFormat(
    int Bytes, bool BigEndian, int RedMaximum, int GreenMaximum, int BlueMaximum, int RedShift, int GreenShift, int BlueShift)
{
    /// <summary>What the screen offers: 32 bits, 8 for each colour.</summary>
    internal static FakePixelFormat Default { get; } = new(4, false, 255, 255, 255, 16, 8, 0);

    /// <summary>Reads the 16 bytes of a pixel format; null for a colour map, which this screen does not have.</summary>
    internal static FakePixelFormat? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] is not (8 or 16 or 32) || bytes[3] == 0) return null;
        return new FakePixelFormat(bytes[0] / 8, bytes[2] != 0,
            BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]),
            BinaryPrimitives.ReadUInt16BigEndian(bytes[8..]), bytes[10], bytes[11], bytes[12]);
    }

    /// <summary>The 16 bytes of the format.</summary>
    internal byte[] ToBytes()
    {
        var bytes = new byte[16];
        (bytes[0], bytes[1], bytes[2], bytes[3]) = ((byte)(Bytes * 8), 24, (byte)(BigEndian ? 1 : 0), 1);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)RedMaximum);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)GreenMaximum);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(8), (ushort)BlueMaximum);
        (bytes[10], bytes[11], bytes[12]) = ((byte)RedShift, (byte)GreenShift, (byte)BlueShift);
        return bytes;
    }

    /// <summary>Writes one pixel.</summary>
    internal void Write(Span<byte> to, byte red, byte green, byte blue)
    {
        var value = ((uint)(red * RedMaximum / 255) << RedShift) | ((uint)(green * GreenMaximum / 255) << GreenShift)
            | ((uint)(blue * BlueMaximum / 255) << BlueShift);
        for (var i = 0; i < Bytes; i++) to[i] = (byte)(value >> (8 * (BigEndian ? Bytes - 1 - i : i)));
    }
}
