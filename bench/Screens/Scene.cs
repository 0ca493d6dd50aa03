using System.Buffers.Binary;
using Warren.Soak.Tests;

namespace Warren.Bench.Screens;

/// <summary>
/// What a desktop paints, the same in every run: of 24 updates one is a terminal that scrolls, four are a window that is dragged, three
/// a moving photograph, and in each a letter is typed or a cursor blinks. Raw, as QEMU sends it.
/// </summary>
internal sealed class Scene
{
    public const int Width = 1280, Height = 800;
    private const int Frames = 24, GlyphWidth = 8, GlyphHeight = 16;
    private readonly uint[] _canvas = new uint[Width * Height];
    private readonly Dice _dice = new(20240607);
    private readonly byte[][] _glyphs;

    public Scene()
    {
        _glyphs = [.. Enumerable.Range(0, 64).Select(_ => Enumerable.Range(0, GlyphWidth * GlyphHeight).Select(_ => (byte)(_dice.Chance(25) ? 255 - 60 * _dice.Roll(4) : 0)).ToArray())];
        Photograph(0, 0, Width, Height, 3);
        Terminal(40, 60, 80, 24, 24);
        Whole = Rectangle(0, 0, Width, Height);
        Updates = [.. Enumerable.Range(0, Frames).Select(Paint)];
    }

    /// <summary>The first picture, as one rectangle.</summary>
    public byte[] Whole { get; }

    /// <summary>Each update: how many rectangles, and these.</summary>
    public (int Count, byte[] Rectangles)[] Updates { get; }

    /// <summary>Updates until it begins again.</summary>
    public int Length => Frames;

    public double MeanBytes => Updates.Average(u => u.Rectangles.Length);

    public double MedianBytes => Updates.Select(u => u.Rectangles.Length).Order().ElementAt(Frames / 2);

    public static byte[] Head(int x, int y, int width, int height)
    {
        var bytes = new byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)x);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)y);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), (ushort)height);
        return bytes;
    }

    private (int Count, byte[] Rectangles) Paint(int frame)
    {
        List<byte[]> painted = [];
        // Somebody types in an editor; now and then only the cursor blinks.
        var (column, step) = (100 + frame, frame % 12 < 6 ? frame % 12 : 12 - frame % 12);
        if (frame % 8 == 7) Fill(column * GlyphWidth, 720, GlyphWidth, GlyphHeight, frame % 16 == 7 ? 0xffffffu : 0x101010);
        else Glyph(column * GlyphWidth, 720, 0xd0d0d0);
        painted.Add(Rectangle(column * GlyphWidth, 720, GlyphWidth, GlyphHeight));
        if (frame == 0)
        {
            Terminal(40, 60, 80, 24, 1);
            painted.Add(Rectangle(40, 60, 80 * GlyphWidth, 24 * GlyphHeight));
        }
        else if (frame % 6 == 2)
        {
            Photograph(700 + step * 8 - 8, 100 + step * 8 - 8, 336, 8, 3);
            Photograph(700 + step * 8 - 8, 100 + step * 8, 8, 240, 3);
            Window(700 + step * 8, 100 + step * 8);
            painted.Add(Rectangle(700 + step * 8 - 8, 100 + step * 8 - 8, 336, 256));
        }
        else if (frame % 8 == 4)
        {
            Photograph(800, 480, 256, 144, frame);
            painted.Add(Rectangle(800, 480, 256, 144));
        }

        return (painted.Count, [.. painted.SelectMany(p => p)]);
    }

    /// <summary>Scrolls by that many lines and writes new ones at the bottom.</summary>
    private void Terminal(int x, int y, int columns, int lines, int scroll)
    {
        for (var row = y; row < y + (lines - scroll) * GlyphHeight; row++)
            _canvas.AsSpan((row + scroll * GlyphHeight) * Width + x, columns * GlyphWidth).CopyTo(_canvas.AsSpan(row * Width + x));
        for (var line = lines - scroll; line < lines; line++)
        {
            var (length, colour) = (_dice.Roll(columns), _dice.Pick<uint>([0xd0d0d0, 0xd0d0d0, 0x50ff50, 0xff8050]));
            for (var column = 0; column < columns; column++)
            {
                if (column < length && !_dice.Chance(15)) Glyph(x + column * GlyphWidth, y + line * GlyphHeight, colour);
                else Fill(x + column * GlyphWidth, y + line * GlyphHeight, GlyphWidth, GlyphHeight, 0x101010);
            }
        }
    }

    private void Window(int x, int y)
    {
        Fill(x, y, 320, 240, 0xe8e8e8);
        for (var column = 0; column < 320; column++) Fill(x + column, y, 1, 20, (uint)(0x203060 + column / 4));
        for (var i = 0; i < 90; i++) Glyph(x + 12 + i % 30 * GlyphWidth, y + 40 + i / 30 * 24, 0x303030);
    }

    private void Glyph(int x, int y, uint colour)
    {
        var glyph = _dice.Pick(_glyphs);
        for (var i = 0; i < glyph.Length; i++)
        {
            uint shade = glyph[i], red = (colour >> 16) * shade / 255, green = (colour >> 8 & 255) * shade / 255, blue = (colour & 255) * shade / 255;
            _canvas[(y + i / GlyphWidth) * Width + x + i % GlyphWidth] = shade == 0 ? 0x101010 : red << 16 | green << 8 | blue;
        }
    }

    /// <summary>Smooth shades with the noise of a camera.</summary>
    private void Photograph(int x, int y, int width, int height, int phase)
    {
        for (var row = y; row < y + height; row++)
        for (var column = x; column < x + width; column++)
        {
            uint Shade(double across, double down) => (uint)(110 + 90 * Math.Sin(column * across + phase * 0.2) * Math.Cos(row * down) + _dice.Roll(6));
            _canvas[row * Width + column] = Shade(0.011, 0.017) << 16 | Shade(0.013, 0.007) << 8 | Shade(0.005, 0.019);
        }
    }

    private void Fill(int x, int y, int width, int height, uint colour)
    {
        for (var row = y; row < y + height; row++) _canvas.AsSpan(row * Width + x, width).Fill(colour);
    }

    private byte[] Rectangle(int x, int y, int width, int height)
    {
        var bytes = new byte[12 + width * height * 4];
        Head(x, y, width, height).CopyTo(bytes, 0);
        for (var i = 0; i < width * height; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12 + i * 4), _canvas[(y + i / width) * Width + x + i % width]);
        return bytes;
    }
}
