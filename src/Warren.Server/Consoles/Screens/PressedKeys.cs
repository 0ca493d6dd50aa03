using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>What a viewer holds down, so that it can be let go when the viewer is suddenly gone, or may type no longer.</summary>
internal sealed class PressedKeys
{
    /// <summary>More than a person has fingers; further ones are not sent.</summary>
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<(uint Symbol, uint? Place)> _down = [];
    private (byte Buttons, int X, int Y) _pointer;

    /// <summary>Takes note of a key.</summary>
    /// <returns>Whether it is to be sent.</returns>
    public bool Note(uint symbol, uint? place, bool down)
    {
        lock (_gate)
        {
            if (!down) _down.Remove((symbol, place));
            else if (_down.Count >= Most && !_down.Contains((symbol, place))) return false;
            else _down.Add((symbol, place));
            return true;
        }
    }

    public void Point(byte buttons, int x, int y)
    {
        lock (_gate) _pointer = (buttons, x, y);
    }

    /// <summary>The messages that let everything go; nothing is held from then on.</summary>
    public IReadOnlyList<byte[]> All()
    {
        lock (_gate)
        {
            List<byte[]> all = [.. _down.Select(k => Message(k.Symbol, k.Place, down: false))];
            if (_pointer.Buttons != 0) all.Add(Messages.Pointer(0, _pointer.X, _pointer.Y));
            _down.Clear();
            _pointer.Buttons = 0;
            return all;
        }
    }

    public static byte[] Message(uint symbol, uint? place, bool down) =>
        place is { } code ? Messages.QemuKey(symbol, code, down) : Messages.Key(symbol, down);
}
