using System.Globalization;
using System.Text;

namespace Warren.Server.Vagrant;

/// <summary>Values as Ruby writes them. What comes out is ASCII, and one literal whatever goes in.</summary>
internal static class Ruby
{
    /// <summary>
    /// A text in double quotes. <c>"</c>, <c>\</c> and <c>#</c> (which begins an interpolation) are escaped, everything that is no printable ASCII
    /// by its number (Ruby's documentation, "Literals": <c>\u{nnnn}</c>). A half of a surrogate pair becomes U+FFFD.
    /// </summary>
    public static string Text(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (var rune in value.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\' or '#') text.Append('\\').Append((char)rune.Value);
            else if (rune.Value is >= 0x20 and < 0x7f) text.Append((char)rune.Value);
            else if (rune.Value == '\n') text.Append("\\n");
            else text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return text.Append('"').ToString();
    }

    public static string List(IEnumerable<string> values) => "[" + string.Join(", ", values.Select(Text)) + "]";

    /// <summary>
    /// A text of several lines as people read it: a here-document without interpolation, whose end is a word that none of its lines is. Where it
    /// has a character that is not plainly seen, the same as <see cref="Text"/>.
    /// </summary>
    /// <returns>What stands in the place of the value, and the lines that follow it.</returns>
    public static (string Value, string Following) Script(string value)
    {
        if (!value.EndsWith('\n') || value.Any(c => c is not '\n' and not '\t' and (< ' ' or > '~'))) return (Text(value), "");
        var word = Terminator.Of("SCRIPT", value);
        return ($"<<'{word}'", "\n" + value + word);
    }
}
