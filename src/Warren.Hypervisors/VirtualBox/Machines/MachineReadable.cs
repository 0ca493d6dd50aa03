using System.Text;

namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>
/// Reads <c>--machinereadable</c>: <c>key=value</c>, <c>key="value"</c>, <c>"key"="value"</c>. Values may have several lines
/// (descriptions), and quotes that some versions and verbs write with a backslash and others as they are. Of a key that comes
/// twice the first counts: descriptions stand behind what the tool says itself, so that none can speak for it.
/// </summary>
internal static class MachineReadable
{
    /// <summary>Longest answer that is read, in characters.</summary>
    internal const int Longest = 4 << 20;

    /// <summary>Keys and values, in order.</summary>
    /// <exception cref="HypervisorException">Rejected when it is longer than any answer is.</exception>
    internal static IReadOnlyDictionary<string, string> Parse(string text)
    {
        if (text.Length > Longest) throw new HypervisorException(HypervisorErrorKind.Rejected, "VBoxManage says more than is read");
        var lines = text.Split('\n');
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            if (Split(Line(lines, i)) is not var (key, value)) continue;
            if (value.StartsWith('"')) value = Quoted(lines, ref i, value[1..]);
            found.TryAdd(key, value);
        }

        return found;
    }

    /// <summary>The rest of a quoted value, whose first line is given; moves on to its last line.</summary>
    private static string Quoted(string[] lines, ref int at, string first)
    {
        if (Closes(lines, at, first)) return Unescape(first[..^1]);
        var whole = new StringBuilder(first);
        for (var i = at + 1; i < lines.Length; i++)
        {
            var line = Line(lines, i);
            if (Closes(lines, i, line))
            {
                at = i;
                return Unescape(whole.Append('\n').Append(line.AsSpan(0, line.Length - 1)).ToString());
            }

            whole.Append('\n').Append(line);
        }

        // It never ends: cut off, or something else than it seemed. The line itself is all that is sure.
        return Unescape(first.EndsWith('"') ? first[..^1] : first);
    }

    /// <summary>Whether a line ends a value: by a quote that is not part of it, with the next key or nothing behind it.</summary>
    private static bool Closes(string[] lines, int at, string text)
    {
        if (!text.EndsWith('"')) return false;
        var slashes = text.AsSpan(0, text.Length - 1).Length - text.AsSpan(0, text.Length - 1).TrimEnd('\\').Length;
        // "C:\" by a version that does not escape.
        var folder = text.Length >= 4 && char.IsAsciiLetter(text[0]) && text[1] == ':' && text[2] == '\\' && text[3] != '\\';
        if (slashes % 2 == 1 && !folder) return false;
        return at + 1 >= lines.Length || Line(lines, at + 1) is not { Length: > 0 } next || next[0] == ' ' || Split(next) is not null;
    }

    private static (string Key, string Value)? Split(string line)
    {
        if (line.StartsWith('"'))
        {
            var end = line.IndexOf("\"=", 1, StringComparison.Ordinal);
            return end > 1 ? (line[1..end], line[(end + 2)..]) : null;
        }

        var at = line.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && line.AsSpan(0, at).IndexOfAny(" \t\"") < 0 ? (line[..at], line[(at + 1)..]) : null;
    }

    private static string Line(string[] lines, int at) => lines[at].EndsWith('\r') ? lines[at][..^1] : lines[at];

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal)) return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is '"' or '\\') i++;
            plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
