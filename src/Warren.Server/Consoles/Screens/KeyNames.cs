using System.Globalization;
using System.Text;

namespace Warren.Server.Consoles.Screens;

/// <summary>Keys by their names, as X11 key symbols (RFC 6143, 7.5.4; X11 keysymdef.h).</summary>
internal static class KeyNames
{
    public const uint Shift = 0xffe1;

    /// <summary>What a US keyboard needs Shift for, beside capitals.</summary>
    private const string Shifted = "~!@#$%^&*()_+{}|:\"<>?";

    private static readonly Dictionary<string, uint> s_named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ctrl"] = 0xffe3, ["alt"] = 0xffe9, ["altgr"] = 0xfe03, ["shift"] = Shift, ["super"] = 0xffeb, ["menu"] = 0xff67,
        ["enter"] = 0xff0d, ["tab"] = 0xff09, ["esc"] = 0xff1b, ["space"] = 0x20, ["plus"] = '+', ["backspace"] = 0xff08, ["delete"] = 0xffff,
        ["insert"] = 0xff63, ["home"] = 0xff50, ["end"] = 0xff57, ["pageup"] = 0xff55, ["pagedown"] = 0xff56,
        ["left"] = 0xff51, ["up"] = 0xff52, ["right"] = 0xff53, ["down"] = 0xff54,
        ["printscreen"] = 0xff61, ["pause"] = 0xff13, ["capslock"] = 0xffe5, ["numlock"] = 0xff7f, ["scrolllock"] = 0xff14,
    };

    /// <summary>The names, for who has asked for one that there is not.</summary>
    public static string All => string.Join(", ", s_named.Keys) + ", f1 to f12, or one character";

    /// <summary>The key symbol of a name or of a single character; null when there is none.</summary>
    public static uint? Find(string name)
    {
        if (s_named.TryGetValue(name, out var symbol)) return symbol;
        if (name.Length is 2 or 3 && name[0] is 'f' or 'F' && int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number is >= 1 and <= 12 ? 0xffbdu + (uint)number : null;
        var runes = name.EnumerateRunes().ToArray();
        return runes.Length == 1 ? Of(runes[0]) : null;
    }

    /// <summary>The key symbol of a character; null where a keyboard has none.</summary>
    public static uint? Of(Rune character) => character.Value switch
    {
        '\n' => 0xff0d,
        '\t' => 0xff09,
        >= 0x20 and < 0x7f or >= 0xa0 and <= 0xff => (uint)character.Value,
        > 0xff => 0x01000000u + (uint)character.Value,
        _ => null,
    };

    /// <summary>Whether Shift is held for a character on a US keyboard.</summary>
    public static bool NeedsShift(Rune character) => character.Value is >= 'A' and <= 'Z' || character.IsAscii && Shifted.Contains((char)character.Value, StringComparison.Ordinal);
}
