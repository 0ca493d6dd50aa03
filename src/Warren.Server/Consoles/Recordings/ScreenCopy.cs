using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// A copy of a screen for one who writes it down at leisure. Taking what has changed holds the shadow's gate only to ask which tiles that
/// is; what is then encoded is the copy, which nobody else touches.
/// </summary>
internal sealed class ScreenCopy(Shadow shadow)
{
    /// <summary>Looks at a screen in the middle of a change; then it is taken half changed. The rest of the change comes with the next look.</summary>
    private const int MostLooks = 8;

    private readonly Dictionary<int, Rect> _changed = [];
    private Framebuffer? _of;
    private long _seen = -1;
    private int _looks;

    /// <summary>The copy.</summary>
    public Framebuffer? Picture { get; private set; }

    /// <summary>The pointer's form.</summary>
    public CursorShape? Cursor { get; private set; }

    /// <summary>The copy is of another picture than before: all of it is new.</summary>
    public bool IsNew { get; private set; }

    /// <summary>What differs from the time of the last <see cref="Settle"/>; no more than a part in each tile.</summary>
    public IReadOnlyCollection<Rect> Changed => _changed.Values;

    /// <summary>What is copied has been written down.</summary>
    public void Settle()
    {
        _changed.Clear();
        IsNew = false;
    }

    /// <summary>Copies what has changed.</summary>
    /// <returns>Whether it is a whole picture; false: look again in a moment.</returns>
    public bool Take()
    {
        var (picture, version, writes, tiles) = Look();
        if (picture is null) return false;
        if (Picture is null || (Picture.Width, Picture.Height) != (picture.Width, picture.Height))
        {
            (Picture, IsNew) = (new Framebuffer(picture.Width, picture.Height), true);
            _changed.Clear();
        }

        foreach (var tile in tiles) Copy(picture, tile);
        bool whole;
        lock (shadow.Gate) whole = writes % 2 == 0 && shadow.Writes == writes && ReferenceEquals(shadow.Picture, picture);
        if (!whole && ++_looks < MostLooks) return false;
        (_seen, _looks) = (version, 0);
        return true;
    }

    private (Framebuffer? Picture, long Version, long Writes, List<int> Tiles) Look()
    {
        lock (shadow.Gate)
        {
            Cursor = shadow.Cursor;
            if (shadow.Picture is not { } picture) return (null, 0, 0, []);
            if (!ReferenceEquals(picture, _of)) (_of, _seen) = (picture, -1);
            var tiles = new List<int>();
            for (var tile = 0; tile < picture.Tiles; tile++)
                if (picture.ChangedAt(tile) > _seen) tiles.Add(tile);
            return (picture, shadow.Version, shadow.Writes, tiles);
        }
    }

    /// <summary>Many a screen paints what is there already.</summary>
    private void Copy(Framebuffer from, int tile)
    {
        var place = from.PlaceOf(tile);
        int left = place.Right, right = place.X, top = -1, bottom = -1;
        for (var y = place.Y; y < place.Bottom; y++)
        {
            var now = from.Row(place.X, y, place.Width);
            var then = Picture!.Row(place.X, y, place.Width);
            var same = now.CommonPrefixLength(then);
            if (same == place.Width) continue;
            left = Math.Min(left, place.X + same);
            var last = place.Width - 1;
            while (now[last] == then[last] && last > same) last--;
            right = Math.Max(right, place.X + last + 1);
            if (top < 0) top = y;
            bottom = y + 1;
            now.CopyTo(then);
        }

        if (top < 0) return;
        var part = new Rect(left, top, right - left, bottom - top);
        _changed[tile] = _changed.TryGetValue(tile, out var before) ? part.Around(before) : part;
    }
}
