using System.Runtime.InteropServices;

namespace Warren.Server.Consoles.Rfb;

/// <summary>A pointer's form.</summary>
/// <param name="Hot">Where it points, and its size.</param>
/// <param name="Pixels">Row by row.</param>
/// <param name="Mask">One bit a pixel, set where it is drawn; each row begins with a new byte.</param>
internal sealed record CursorShape(Rect Hot, uint[] Pixels, byte[] Mask);

/// <summary>A step of a change: pixels that are new, or that were moved there.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChangeStep(Rect Part, (int X, int Y)? From);

/// <summary>What one message of the machine changed, as messages for those viewers who have seen all before it.</summary>
internal sealed record Change(long From, long To, IReadOnlyDictionary<Profile, SharedMessage> Messages);

/// <summary>
/// A machine's screen as it is known here. One writes, when the machine sends something; viewers read under <see cref="Gate"/>,
/// or read pixels without it and look afterwards whether they were written meanwhile.
/// </summary>
internal sealed class Shadow
{
    /// <summary>Pixels of a change up to which its message is made once for all: a message of 1 MiB at most.</summary>
    private const int LargestShared = 256 * 1024;

    private const int MostSteps = 512;

    /// <summary>Encoders that are kept; one more takes the place of all. Browsers all want the same.</summary>
    private const int MostEncoders = 8;

    private static readonly Dictionary<Profile, SharedMessage> s_none = [];
    private readonly List<ChangeStep> _steps = [];
    private readonly Dictionary<Profile, RectEncoder> _encoders = [];
    private bool _shareable;

    public Shadow() => Tiles = new TileCache(this);

    public Lock Gate { get; } = new();

    /// <summary>Parts that were encoded for one viewer and serve others.</summary>
    public TileCache Tiles { get; }

    /// <summary>Null until the machine has shown one.</summary>
    public Framebuffer? Picture { get; private set; }

    /// <summary>Grows with each change.</summary>
    public long Version { get; private set; }

    /// <summary>Odd while pixels are being written.</summary>
    public long Writes { get; private set; }

    public Change? Last { get; private set; }

    public CursorShape? Cursor { get; private set; }

    /// <summary>A change begins; the steps follow, then <see cref="End"/>.</summary>
    public void Begin()
    {
        _steps.Clear();
        _shareable = true;
        lock (Gate) Writes++;
    }

    /// <summary>Pixels of a part were written.</summary>
    public void Wrote(Rect part)
    {
        lock (Gate) Picture!.Touch(part, Version + 1);
        Note(new(part, null));
    }

    /// <summary>Moves a part.</summary>
    public void Copy(Rect to, int fromX, int fromY)
    {
        lock (Gate)
        {
            Picture!.Copy(to, fromX, fromY);
            Picture.Touch(to, Version + 1);
        }

        Note(new(to, (fromX, fromY)));
    }

    /// <summary>Another size: all is new. The old picture stays with whoever reads it.</summary>
    public void Resize(int width, int height)
    {
        var picture = new Framebuffer(width, height);
        picture.Touch(picture.All, Version + 1);
        lock (Gate) Picture = picture;
        _shareable = false;
    }

    /// <summary>Shows that the machine sends nothing any more: all is half as bright.</summary>
    public void Dim()
    {
        if (Picture is not { } picture) return;
        Begin();
        for (var y = 0; y < picture.Height; y++)
        {
            foreach (ref var pixel in picture.Row(0, y, picture.Width)) pixel = pixel >> 1 & 0x7f7f7f;
        }

        Wrote(picture.All);
        End();
    }

    public void Point(Rect hot, uint[] pixels, byte[] mask)
    {
        lock (Gate) Cursor = new(hot, pixels, mask);
        _shareable = false;
    }

    /// <summary>The change is complete, and made ready for those who wait for it.</summary>
    /// <param name="waiting">What the viewers understand who have seen all before; null: nobody.</param>
    public void End(IReadOnlySet<Profile>? waiting = null)
    {
        var area = 0L;
        foreach (var step in _steps) area += step.Part.Area;
        var messages = s_none;
        if (_shareable && waiting is { Count: > 0 } && area is > 0 and <= LargestShared)
        {
            // Outside of the gate: nobody but the caller writes pixels.
            messages = new(waiting.Count);
            foreach (var profile in waiting) messages.Add(profile, Message(profile, area));
        }

        Change? before;
        lock (Gate)
        {
            Version++;
            Writes++;
            (before, Last) = (Last, new Change(Version - 1, Version, messages));
            if (before is not null) foreach (var message in before.Messages.Values) message.Release();
        }
    }

    /// <summary>
    /// The change as a whole message. What was moved before anything was painted is moved by the viewer, too, if it can; all else is
    /// sent as it looks now, because a later step may have painted over where an earlier one took from.
    /// </summary>
    private SharedMessage Message(Profile profile, long area)
    {
        var to = new PooledBuffer(4 + _steps.Count * (RectEncoder.Header + 4) + (int)(profile.Encoding == Encodings.Raw ? area * profile.Format.BytesPerPixel : area));
        var encoder = EncoderOf(profile);
        var (moves, moved) = (profile.Copies, false);
        Messages.WriteUpdateHead(_steps.Count, to);
        foreach (var step in _steps)
        {
            moves &= step.From is not null;
            moved |= moves;
            if (moves && step.From is { } from) RectEncoder.WriteCopy(step.Part, from.X, from.Y, to);
            else encoder.Write(Picture!, step.Part, to);
        }

        return new SharedMessage(to, moved);
    }

    private RectEncoder EncoderOf(Profile profile)
    {
        if (_encoders.TryGetValue(profile, out var known)) return known;
        if (_encoders.Count >= MostEncoders) _encoders.Clear();
        return _encoders[profile] = RectEncoder.For(profile);
    }

    private void Note(ChangeStep step)
    {
        _shareable &= _steps.Count < MostSteps && step.Part.Width <= TightEncoder.Widest;
        if (_shareable) _steps.Add(step);
    }
}
