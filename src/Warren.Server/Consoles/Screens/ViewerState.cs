using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>What is to be sent next.</summary>
internal sealed record Update
{
    /// <summary>The picture it is of.</summary>
    public required Framebuffer Picture { get; init; }

    public required Profile Profile { get; init; }

    /// <summary>A whole message that was made for all.</summary>
    public SharedMessage? Shared { get; init; }

    /// <summary>What the viewer has of it: all, unless it cannot follow another size.</summary>
    public required Rect View { get; init; }

    /// <summary>It understands the layout of screens.</summary>
    public bool Extended { get; init; }

    /// <summary>Another size, alone in its message.</summary>
    public (int Width, int Height)? Size { get; init; }

    public CursorShape? Cursor { get; init; }

    public string? Title { get; init; }

    public bool Places { get; init; }

    /// <summary>Id of the screen whose size may be wished.</summary>
    public uint? Screen { get; init; }

    /// <summary>Parts that the viewer has not seen.</summary>
    public IReadOnlyList<(int Tile, Rect Part)> Tiles { get; init; } = [];

    /// <summary>State of the screen when it was chosen, and whether that was all there was.</summary>
    public long Version { get; init; }

    public long Writes { get; init; }

    public bool Whole { get; init; }
}

/// <summary>What a viewer has seen, understands and asks for. Used under the shadow's gate.</summary>
internal sealed class ViewerState(ScreenHub hub)
{
    private Profile _profile = new(PixelFormat.Native, Encodings.Raw, Copies: false);
    private HashSet<int> _understood = [];
    private Framebuffer? _picture;
    private long[] _seen = [];
    private Rect? _asked;
    private bool _all = true;
    private bool _exact;
    private long _base = -1;
    private CursorShape? _cursor;
    private bool _placesTold;
    private uint? _screenTold;
    private string _titleTold = "";

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Name of the screen, and why it is still.</summary>
    public string Title => hub.Why is { } why ? $"{hub.Name} ({why.Message})" : hub.Name;

    private Rect View => new(0, 0, Width, Height);

    /// <summary>The size that the viewer is told at first.</summary>
    public void Begin()
    {
        var picture = hub.Shadow.Picture!;
        (Width, Height, _titleTold) = (picture.Width, picture.Height, Title);
    }

    public Profile? Follows(long version) => _base >= version - 1 ? _profile : null;

    public void Wants(PixelFormat format) => _profile = _profile with { Format = format };

    public void Understands(IReadOnlyCollection<int> encodings)
    {
        _understood = [.. encodings];
        _profile = Profile.Of(_profile.Format, encodings);
    }

    public void Asks(bool incremental, Rect part)
    {
        // What was asked for before and not sent yet is still wanted.
        var inside = part.Intersect(View);
        _asked = _asked is { IsEmpty: false } pending ? pending.Around(inside) : inside.IsEmpty ? default : inside;
        if (!incremental) _all = true;
    }

    /// <summary>What it has asked for and has not seen; null when there is nothing.</summary>
    /// <param name="unasked">What it wants without asking for it.</param>
    public Update? Next(Rect? unasked = null)
    {
        var (wanted, always) = (_asked, unasked?.Intersect(View));
        if ((wanted is { IsEmpty: false } part && always is { } rest ? part.Around(rest) : always ?? wanted) is not { } asked || hub.Shadow.Picture is not { } picture) return null;
        Follow(picture);
        var blank = new Update
        {
            Picture = picture,
            Profile = _profile,
            View = View.Intersect(picture.All),
            // It says that sizes may be wished; where they may not, the plain form is truer.
            Extended = _understood.Contains(Encodings.ExtendedDesktopSize) && (hub.Resizable is not null || !_understood.Contains(Encodings.DesktopSize)),
            Version = hub.Shadow.Version,
            Writes = hub.Shadow.Writes,
        };
        if ((picture.Width, picture.Height) != (Width, Height) && CanResize)
        {
            (Width, Height, _asked, _all) = (picture.Width, picture.Height, null, true);
            return blank with { Size = (Width, Height) };
        }

        var update = News(blank);
        if (!_all && ReferenceEquals(update, blank) && _base == blank.Version) return null;
        if (!_all && ReferenceEquals(update, blank) && Shared(asked) is { } shared)
        {
            (_asked, _base) = (null, hub.Shadow.Version);
            return blank with { Shared = shared.Hold(), Whole = true };
        }

        var tiles = Unseen(asked);
        if (tiles.Count == 0 && ReferenceEquals(update, blank)) return null;
        update = update with { Tiles = tiles, Whole = asked.Contains(blank.View) };
        (_asked, _all) = (null, false);
        foreach (var (tile, _) in update.Tiles) _seen[tile] = update.Version;
        return update;
    }

    /// <summary>It was written; was it the whole truth?</summary>
    public void Wrote(Update update)
    {
        if (update.Shared is not null || !ReferenceEquals(update.Picture, _picture)) return;
        _exact = update.Whole && update.Writes % 2 == 0 && update.Writes == hub.Shadow.Writes;
        if (update.Whole && update.Size is null) _base = update.Version;
    }

    private bool CanResize => _understood.Contains(Encodings.DesktopSize) || _understood.Contains(Encodings.ExtendedDesktopSize);

    private void Follow(Framebuffer picture)
    {
        if (ReferenceEquals(picture, _picture)) return;
        (_picture, _seen, _all, _exact, _base) = (picture, new long[picture.Tiles], true, false, -1);
        Array.Fill(_seen, -1);
    }

    /// <summary>What is new beside the pixels.</summary>
    private Update News(Update update)
    {
        if (hub.Shadow.Cursor is { } cursor && !ReferenceEquals(cursor, _cursor) && _understood.Contains(Encodings.Cursor))
            (update, _cursor) = (update with { Cursor = cursor }, cursor);
        if (hub.HasPlaces && !_placesTold && _understood.Contains(Encodings.QemuExtendedKey))
            (update, _placesTold) = (update with { Places = true }, true);
        if (hub.Resizable is { } screen && screen != _screenTold && _understood.Contains(Encodings.ExtendedDesktopSize))
            (update, _screenTold) = (update with { Screen = screen }, screen);
        if (Title is var title && title != _titleTold && _understood.Contains(Encodings.DesktopName))
            (update, _titleTold) = (update with { Title = title }, title);
        return update;
    }

    /// <summary>
    /// The last change, if it is all that the viewer has not seen. It may have seen some of it already, or of the next: what is painted
    /// anew does not depend on it, what is moved does.
    /// </summary>
    private SharedMessage? Shared(Rect asked) =>
        hub.Shadow.Last is { } last && last.From == _base && last.To == hub.Shadow.Version && asked.Contains(View)
        && (Width, Height) == (_picture!.Width, _picture.Height)
        && last.Messages.TryGetValue(_profile, out var message) && (_exact || !message.Moves)
            ? message
            : null;

    /// <summary>What it has not seen, in each tile. Where only a part was asked for, the tile counts as seen: it is sent whole as far as it is in view.</summary>
    private List<(int Tile, Rect Part)> Unseen(Rect asked)
    {
        var tiles = new List<(int, Rect)>();
        for (var tile = 0; tile < _picture!.Tiles; tile++)
        {
            var seen = Math.Max(_base, _seen[tile]);
            if (!_all && _picture.ChangedAt(tile) <= seen || _picture.PlaceOf(tile).Intersect(asked).IsEmpty) continue;
            var part = (_all ? _picture.PlaceOf(tile) : _picture.ChangedSince(tile, seen)).Intersect(View);
            if (!part.IsEmpty) tiles.Add((tile, part));
        }

        return tiles;
    }
}
