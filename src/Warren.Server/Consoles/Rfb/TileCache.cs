namespace Warren.Server.Consoles.Rfb;

/// <summary>Tiles as they were encoded last, for all viewers who want them alike. Holds no more than a picture of each kind.</summary>
internal sealed class TileCache(Shadow shadow)
{
    /// <summary>Kinds that are kept; one more takes the place of all. Browsers all want the same.</summary>
    private const int MostKinds = 2;

    private readonly Dictionary<(PixelFormat Format, int Encoding), (long Version, Rect Part, byte[]? Bytes)[]> _kept = [];
    private Framebuffer? _of;

    /// <summary>A tile of the picture, or a part of it, as one rectangle.</summary>
    public byte[] Get(Framebuffer picture, int tile, Rect part, Profile profile, RectEncoder encoder)
    {
        var kind = (profile.Format, profile.Encoding);
        long version;
        bool settled;
        lock (shadow.Gate)
        {
            version = picture.ChangedAt(tile);
            settled = version <= shadow.Version;
            var known = Of(picture, kind)[tile];
            if (known.Bytes is { } bytes && known.Version == version && known.Part == part) return bytes;
        }

        using var writer = new PooledBuffer(Framebuffer.Tile * Framebuffer.Tile * 4);
        encoder.Write(picture, part, writer);
        var made = writer.Written.ToArray();
        // Painted over meanwhile, perhaps half: the tile has a later version then, and whoever got this one gets that one, too. Not so in
        // the middle of a change, all of which has one version: what is seen there is not kept.
        lock (shadow.Gate)
        {
            if (settled && ReferenceEquals(_of, picture)) Of(picture, kind)[tile] = (version, part, made);
        }

        return made;
    }

    private (long Version, Rect Part, byte[]? Bytes)[] Of(Framebuffer picture, (PixelFormat, int) kind)
    {
        if (!ReferenceEquals(_of, picture))
        {
            _kept.Clear();
            _of = picture;
        }

        if (_kept.TryGetValue(kind, out var tiles)) return tiles;
        if (_kept.Count >= MostKinds) _kept.Clear();
        return _kept[kind] = new (long, Rect, byte[]?)[picture.Tiles];
    }
}
