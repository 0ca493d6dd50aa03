using System.Buffers.Binary;
using System.Text;

namespace Warren.Server.Consoles.Rfb;

/// <summary>What else comes from a machine's screen than its picture.</summary>
internal interface IScreenEvents
{
    /// <summary>A text was copied in the guest.</summary>
    void Copied(string text);

    void Bell();

    void Renamed(string name);

    /// <summary>Keys may be sent by their place, too.</summary>
    void TakesPlaces();

    /// <summary>The guest follows a wish for another size; the id is of its first screen.</summary>
    void TakesSizes(uint screen);

    /// <summary>The change is done; what the viewers understand who wait for it.</summary>
    IReadOnlySet<Profile> Waiting();
}

/// <summary>Reads what a machine's screen sends, and brings its shadow up to it.</summary>
internal sealed class ScreenReader(RfbReader line, Shadow shadow, IScreenEvents events)
{
    /// <summary>Encodings that are read here.</summary>
    public static ReadOnlySpan<int> Understood =>
    [
        Encodings.CopyRect, Encodings.Raw, Encodings.DesktopSize, Encodings.ExtendedDesktopSize, Encodings.Cursor, Encodings.QemuExtendedKey, Encodings.DesktopName,
    ];

    /// <summary>Largest pointer that is kept, pixels a side.</summary>
    private const int LargestCursor = 512;

    /// <summary>Most sizes in one message: each is a picture that is made.</summary>
    private const int MostSizes = 4;

    private int _sizes;
    private bool _painted;

    /// <summary>Reads one message.</summary>
    /// <returns>Whether it was an update, whether pixels came with it, and whether all of the new picture must be asked for.</returns>
    public async Task<(bool Updated, bool Painted, bool Resized)> ReadAsync(CancellationToken cancellation)
    {
        switch (await line.ByteAsync(cancellation))
        {
            case ScreenMessage.Update:
                var resized = await UpdateAsync(cancellation);
                return (true, _painted, resized);
            case ScreenMessage.ColourMap:
                await line.TakeAsync(3, cancellation);
                await line.SkipAsync(6L * await line.ShortAsync(cancellation), cancellation);
                return default;
            case ScreenMessage.Bell:
                events.Bell();
                return default;
            case ScreenMessage.CutText:
                await line.TakeAsync(3, cancellation);
                // RFC 6143, 7.6.4: Latin 1.
                events.Copied(Encoding.Latin1.GetString(await line.TextAsync(await line.IntAsync(cancellation), cancellation)));
                return default;
            case var other:
                throw new RfbException($"the screen sent a message of the unknown kind {other}");
        }
    }

    private async Task<bool> UpdateAsync(CancellationToken cancellation)
    {
        await line.TakeAsync(1, cancellation);
        var count = await line.ShortAsync(cancellation);
        var resized = false;
        (_sizes, _painted) = (0, false);
        shadow.Begin();
        try
        {
            for (var i = 0; i < count; i++)
            {
                var head = await line.TakeAsync(RectEncoder.Header, cancellation);
                resized |= await RectAsync(RectOf(head.Span), BinaryPrimitives.ReadInt32BigEndian(head.Span[8..]), cancellation);
            }
        }
        finally
        {
            shadow.End(events.Waiting());
        }

        return resized;
    }

    private async Task<bool> RectAsync(Rect part, int encoding, CancellationToken cancellation)
    {
        switch (encoding)
        {
            case Encodings.Raw:
                await RawAsync(Inside(part), cancellation);
                return false;
            case Encodings.CopyRect:
                await CopyAsync(Inside(part), cancellation);
                return false;
            case Encodings.DesktopSize:
                return Resize(part);
            case Encodings.ExtendedDesktopSize:
                return await ScreensAsync(part, cancellation);
            case Encodings.Cursor:
                await CursorAsync(part, cancellation);
                return false;
            case Encodings.QemuExtendedKey:
                events.TakesPlaces();
                return false;
            case Encodings.DesktopName:
                events.Renamed(await ScreenGreeting.TextAsync(line, cancellation));
                return false;
            default:
                throw new RfbException($"the screen sent a rectangle of encoding {encoding}, which was not asked for");
        }
    }

    private async Task RawAsync(Rect part, CancellationToken cancellation)
    {
        if (part.IsEmpty) return;
        var picture = shadow.Picture!;
        if (part.Width == picture.Width) await line.ReadAsync(picture.RowBytes(0, part.Y, part.Width, part.Height), cancellation);
        else for (var y = part.Y; y < part.Bottom; y++) await line.ReadAsync(picture.RowBytes(part.X, y, part.Width), cancellation);
        shadow.Wrote(part);
        _painted = true;
    }

    private async Task CopyAsync(Rect part, CancellationToken cancellation)
    {
        var (x, y) = (await line.ShortAsync(cancellation), await line.ShortAsync(cancellation));
        Inside(part with { X = x, Y = y });
        if (!part.IsEmpty) shadow.Copy(part, x, y);
    }

    private bool Resize(Rect part)
    {
        if (shadow.Picture is { } now && (now.Width, now.Height) == (part.Width, part.Height)) return false;
        if (++_sizes > MostSizes) throw new RfbException("the screen changes its size too often");
        shadow.Resize(part.Width, part.Height);
        return true;
    }

    /// <summary>rfbproto, ExtendedDesktopSize: the layout of the screens; y is not 0 where a wish was refused.</summary>
    private async Task<bool> ScreensAsync(Rect part, CancellationToken cancellation)
    {
        var count = (await line.TakeAsync(4, cancellation)).Span[0];
        for (var i = 0; i < count; i++)
        {
            var screen = await line.TakeAsync(16, cancellation);
            if (i == 0) events.TakesSizes(BinaryPrimitives.ReadUInt32BigEndian(screen.Span));
        }

        return part.Y == 0 && Resize(part);
    }

    private async Task CursorAsync(Rect hot, CancellationToken cancellation)
    {
        if (hot.Width > LargestCursor || hot.Height > LargestCursor) throw new RfbException($"a pointer of {hot.Width} x {hot.Height} is too large");
        var pixels = new uint[hot.Width * hot.Height];
        var bytes = new byte[pixels.Length * 4];
        await line.ReadAsync(bytes, cancellation);
        Buffer.BlockCopy(bytes, 0, pixels, 0, bytes.Length);
        var mask = new byte[(hot.Width + 7) / 8 * hot.Height];
        await line.ReadAsync(mask, cancellation);
        shadow.Point(hot, pixels, mask);
    }

    private static Rect RectOf(ReadOnlySpan<byte> head) => new(
        BinaryPrimitives.ReadUInt16BigEndian(head), BinaryPrimitives.ReadUInt16BigEndian(head[2..]),
        BinaryPrimitives.ReadUInt16BigEndian(head[4..]), BinaryPrimitives.ReadUInt16BigEndian(head[6..]));

    private Rect Inside(Rect part) =>
        shadow.Picture!.All.Contains(part) ? part : throw new RfbException($"the screen painted at {part.X},{part.Y} {part.Width} x {part.Height}, which is outside of it");
}
