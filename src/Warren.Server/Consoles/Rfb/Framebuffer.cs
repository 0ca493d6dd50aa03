using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Rfb;

/// <summary>
/// A screen's picture and when each tile of it was last changed, so that a viewer is sent what it has not seen and no more,
/// however long it was away. Changed by one, read by many; a size is for life.
/// </summary>
internal sealed class Framebuffer
{
    /// <summary>Side of a tile, pixels: small enough that a blinking cursor costs little, large enough that a full picture has few.</summary>
    public const int Tile = 64;

    /// <summary>Most pixels that are kept: a screen of 7680 x 4320.</summary>
    public const int MostPixels = 7680 * 4320;

    private readonly byte[] _bytes;
    private readonly long[] _changed;
    private readonly long[] _before;
    private readonly Rect[] _touched;
    private readonly int _columns;

    public Framebuffer(int width, int height)
    {
        if (!Fits(width, height)) throw new RfbException($"a screen of {width} x {height} is more than is kept here ({MostPixels} pixels), or nothing");
        (Width, Height) = (width, height);
        _bytes = new byte[width * height * 4];
        _columns = (width + Tile - 1) / Tile;
        _changed = new long[_columns * ((height + Tile - 1) / Tile)];
        (_before, _touched) = (new long[_changed.Length], new Rect[_changed.Length]);
    }

    public int Width { get; }

    public int Height { get; }

    public Rect All => new(0, 0, Width, Height);

    public int Tiles => _changed.Length;

    /// <summary>The pixels, <c>0xXXRRGGBB</c>, row by row; the highest byte means nothing.</summary>
    public ReadOnlySpan<uint> Pixels => MemoryMarshal.Cast<byte, uint>(_bytes);

    public static bool Fits(int width, int height) => width > 0 && height > 0 && (long)width * height <= MostPixels;

    /// <summary>Pixels of one row of a part, to be read or written.</summary>
    public Span<uint> Row(int x, int y, int width) => MemoryMarshal.Cast<byte, uint>(_bytes.AsSpan()).Slice(y * Width + x, width);

    /// <summary>The same as bytes, for a read from the line; whole rows of the screen are one piece.</summary>
    public Memory<byte> RowBytes(int x, int y, int width, int rows = 1) => _bytes.AsMemory((y * Width + x) * 4, (rows == 1 ? width : Width * rows) * 4);

    /// <summary>Moves a part of the picture, as if all of it were read before any is written.</summary>
    public void Copy(Rect to, int fromX, int fromY)
    {
        for (var i = 0; i < to.Height; i++)
        {
            var row = to.Y <= fromY ? i : to.Height - 1 - i;
            Row(fromX, fromY + row, to.Width).CopyTo(Row(to.X, to.Y + row, to.Width));
        }
    }

    /// <summary>Notes that a part was changed.</summary>
    public void Touch(Rect part, long version)
    {
        for (var y = part.Y / Tile; y * Tile < part.Bottom; y++)
        for (var x = part.X / Tile; x * Tile < part.Right; x++)
        {
            var tile = y * _columns + x;
            var touched = part.Intersect(PlaceOf(tile));
            if (_changed[tile] == version) touched = _touched[tile].Around(touched);
            else (_before[tile], _changed[tile]) = (_changed[tile], version);
            _touched[tile] = touched;
        }
    }

    /// <summary>What was changed of a tile after that version, or a little more: where its last change was, if that is all, else the tile.</summary>
    public Rect ChangedSince(int tile, long version) => version >= _before[tile] ? _touched[tile] : PlaceOf(tile);

    /// <summary>When a tile was last changed.</summary>
    public long ChangedAt(int tile) => _changed[tile];

    /// <summary>Where a tile is; those at the right and at the bottom may be smaller.</summary>
    public Rect PlaceOf(int tile) => new Rect(tile % _columns * Tile, tile / _columns * Tile, Tile, Tile).Intersect(All);
}
