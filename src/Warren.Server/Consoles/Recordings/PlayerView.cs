using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles.Recordings;

/// <summary>What a player's viewer has seen of the recording's picture, understands and asks for.</summary>
internal sealed class PlayerView(RecordingReader recording)
{
    private Profile _profile = new(PixelFormat.Native, Encodings.Raw, Copies: false);
    private HashSet<int> _understood = [];
    private Framebuffer? _picture;
    private long[] _seen = [];
    private Rect? _asked;
    private bool _all = true;
    private CursorShape? _cursor;
    private string _title = "";
    private (int Width, int Height) _size;

    private string Title => recording.Why is { } why ? $"{recording.Name} ({why})" : recording.Name;

    private bool CanResize => _understood.Contains(Encodings.DesktopSize) || _understood.Contains(Encodings.ExtendedDesktopSize);

    /// <summary>The last message of the greeting.</summary>
    public byte[] Begin()
    {
        var picture = recording.Picture!;
        (_size, _title) = ((picture.Width, picture.Height), Title);
        return ViewerGreeting.Init(picture.Width, picture.Height, _title);
    }

    public void Wants(PixelFormat format) => _profile = _profile with { Format = format };

    public void Understands(IReadOnlyCollection<int> encodings)
    {
        _understood = [.. encodings];
        _profile = Profile.Of(_profile.Format, encodings);
    }

    public void Asks(bool incremental, Rect part)
    {
        var inside = part.Intersect(new(0, 0, _size.Width, _size.Height));
        _asked = _asked is { IsEmpty: false } pending ? pending.Around(inside) : inside;
        if (!incremental) _all = true;
    }

    /// <summary>What is to be sent next; null when nothing is asked for, or nothing is new.</summary>
    public Update? Next()
    {
        if (_asked is not { } asked || recording.Picture is not { } picture) return null;
        if (!ReferenceEquals(picture, _picture))
        {
            (_picture, _seen, _all) = (picture, new long[picture.Tiles], true);
        }

        var blank = new Update
        {
            Picture = picture,
            Profile = _profile,
            View = new Rect(0, 0, _size.Width, _size.Height).Intersect(picture.All),
            // The plain form is truer: nobody can wish for a size here.
            Extended = !_understood.Contains(Encodings.DesktopSize),
        };
        if ((picture.Width, picture.Height) != _size && CanResize)
        {
            (_size, _asked, _all) = ((picture.Width, picture.Height), null, true);
            return blank with { Size = _size };
        }

        var update = News(blank);
        var tiles = Unseen(asked);
        if (tiles.Count == 0 && update == blank) return null;
        foreach (var (tile, _) in tiles) _seen[tile] = recording.Version;
        (_asked, _all) = (null, false);
        return update with { Tiles = tiles };
    }

    private Update News(Update update)
    {
        if (recording.Cursor is { } cursor && !ReferenceEquals(cursor, _cursor) && _understood.Contains(Encodings.Cursor)) (update, _cursor) = (update with { Cursor = cursor }, cursor);
        if (Title is var title && title != _title && _understood.Contains(Encodings.DesktopName)) (update, _title) = (update with { Title = title }, title);
        return update;
    }

    private List<(int Tile, Rect Part)> Unseen(Rect asked)
    {
        var tiles = new List<(int, Rect)>();
        for (var tile = 0; tile < _picture!.Tiles; tile++)
            if ((_all || _picture.ChangedAt(tile) > _seen[tile]) && !_picture.PlaceOf(tile).Intersect(asked).IsEmpty) tiles.Add((tile, _picture.PlaceOf(tile)));
        return tiles;
    }
}
