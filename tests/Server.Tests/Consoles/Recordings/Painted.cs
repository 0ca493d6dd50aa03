using Warren.Server.Consoles.Rfb;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Recordings;

/// <summary>A screen that paints by chance, and its picture after each change.</summary>
internal sealed class Painted
{
    private readonly Dice _dice;

    public Painted(Dice dice)
    {
        _dice = dice;
        Shadow.Begin();
        Shadow.Resize(1 + dice.Roll(300), 1 + dice.Roll(200));
        Shadow.Wrote(Shadow.Picture!.All);
        Shadow.End();
    }

    public Shadow Shadow { get; } = new();

    public Frame Frame => Frame.Of(Shadow.Picture!, Shadow.Cursor);

    /// <summary>A few rectangles in one colour, in noise, or moved; rarely another size or pointer.</summary>
    public void Change()
    {
        Shadow.Begin();
        if (_dice.Chance(3)) Shadow.Resize(1 + _dice.Roll(300), 1 + _dice.Roll(200));
        if (_dice.Chance(5))
        {
            int width = 1 + _dice.Roll(20), height = 1 + _dice.Roll(20);
            Shadow.Point(new(_dice.Roll(width), _dice.Roll(height), width, height), [.. Enumerable.Range(0, width * height).Select(_ => (uint)_dice.Roll(1 << 24))],
                [.. Enumerable.Range(0, (width + 7) / 8 * height).Select(_ => (byte)_dice.Roll(256))]);
        }

        for (var i = _dice.Roll(4); i > 0; i--) Paint();
        Shadow.End();
    }

    private void Paint()
    {
        var picture = Shadow.Picture!;
        int width = 1 + _dice.Roll(picture.Width), height = 1 + _dice.Roll(picture.Height);
        var part = new Rect(_dice.Roll(picture.Width - width + 1), _dice.Roll(picture.Height - height + 1), width, height);
        if (_dice.Chance(20))
        {
            Shadow.Copy(part, _dice.Roll(picture.Width - width + 1), _dice.Roll(picture.Height - height + 1));
            return;
        }

        var (colours, colour) = (_dice.Pick<int>([1, 2, 5, 100, 1 << 24]), (uint)_dice.Roll(1 << 24));
        for (var y = part.Y; y < part.Bottom; y++)
            foreach (ref var pixel in picture.Row(part.X, y, part.Width)) pixel = (uint)_dice.Roll(colours) * colour & 0xffffff;
        Shadow.Wrote(part);
    }
}

/// <summary>A picture as it was once.</summary>
internal sealed record Frame(int Width, int Height, uint[] Pixels, CursorShape? Cursor)
{
    public static Frame Of(Framebuffer picture, CursorShape? cursor) => new(picture.Width, picture.Height, [.. picture.Pixels.ToArray().Select(p => p & 0xffffff)], cursor);

    public void ShouldBe(Frame other, string when)
    {
        (Width, Height).ShouldBe((other.Width, other.Height), when);
        var differ = Pixels.Zip(other.Pixels).Count(p => p.First != p.Second);
        differ.ShouldBe(0, $"pixels that differ {when}");
        (Cursor?.Hot).ShouldBe(other.Cursor?.Hot, when);
        if (Cursor is not null) (Cursor.Pixels.SequenceEqual(other.Cursor!.Pixels) && Cursor.Mask.SequenceEqual(other.Cursor.Mask)).ShouldBeTrue($"the pointer {when}");
    }
}
