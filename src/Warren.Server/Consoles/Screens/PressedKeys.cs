using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>What a viewer holds down, so that it can be let go when the viewer is suddenly gone.</summary>
internal sealed class PressedKeys
{
    /// <summary>More than a person has fingers; further ones are not sent.</summary>
    private const int Most = 64;

    private readonly HashSet<(uint Symbol, uint? Place)> _down = [];
    private (byte Buttons, int X, int Y) _pointer;

    /// <summary>Takes note of a key.</summary>
    /// <returns>Whether it is to be sent.</returns>
    public bool Note(uint symbol, uint? place, bool down)
    {
        if (!down) _down.Remove((symbol, place));
        else if (_down.Count >= Most && !_down.Contains((symbol, place))) return false;
        else _down.Add((symbol, place));
        return true;
    }

    public void Point(byte buttons, int x, int y) => _pointer = (buttons, x, y);

    /// <summary>The messages that let everything go.</summary>
    public IEnumerable<byte[]> All()
    {
        foreach (var (symbol, place) in _down) yield return Message(symbol, place, down: false);
        if (_pointer.Buttons != 0) yield return Messages.Pointer(0, _pointer.X, _pointer.Y);
    }

    public static byte[] Message(uint symbol, uint? place, bool down) =>
        place is { } code ? Messages.QemuKey(symbol, code, down) : Messages.Key(symbol, down);
}
