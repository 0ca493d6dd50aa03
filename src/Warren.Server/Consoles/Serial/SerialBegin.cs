using Warren.Hypervisors;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Serial;

/// <summary>Where in the log a terminal wants to begin: where it was (<c>from</c>), some way back (<c>tail</c>), or now.</summary>
/// <param name="From">Place of the first byte that it has not.</param>
/// <param name="Log">The log that this is a place of; null: the one that there is.</param>
/// <param name="Tail">Bytes before the end, where it does not begin at <paramref name="From"/>.</param>
internal sealed record SerialBegin(long? From, string? Log, int Tail)
{
    /// <summary>Most that can be asked for at once, bytes.</summary>
    public const int LongestTail = 16 << 20;

    /// <summary>Bytes that are searched for the beginning of a line.</summary>
    private const int LongestLine = 4096;

    /// <exception cref="RefusedException">A number is out of bounds.</exception>
    public static SerialBegin Read(long? from, string? log, int? tail)
    {
        if (from < 0) throw new RefusedException(Problems.Validation("from", "0 or more"));
        if (tail is < 0 or > LongestTail) throw new RefusedException(Problems.Validation("tail", $"0 to {LongestTail} bytes"));
        return new SerialBegin(from, log, tail ?? 0);
    }

    /// <summary>The place to begin at, and how many bytes are missing before it; null: it is a new beginning.</summary>
    /// <param name="log">The log.</param>
    /// <param name="now">Where the terminal came.</param>
    public (long At, long? Missed) In(KeptLog log, long? now)
    {
        if (From is { } from && (Log is null || log.Is(Log)) && from <= log.End)
            return Math.Max(from, log.Start) is var at && at == from ? (at, 0) : (at, at - from);
        var end = now is { } came and >= 0 ? Math.Clamp(came, log.Start, log.End) : log.End;
        var back = Math.Max(log.Start, end - Tail);
        return (back == 0 || back == end ? back : LineFrom(log, back, end), null);
    }

    /// <summary>The first line that begins there or soon after; a letter or a colour that is cut in two would be shown as dirt.</summary>
    private static long LineFrom(KeptLog log, long at, long end)
    {
        Span<byte> look = stackalloc byte[LongestLine];
        // One before: it may be the end of a line.
        at--;
        var read = log.Read(ref at, look[..(int)Math.Min(LongestLine, end - at)]);
        if (look[..read].IndexOf((byte)'\n') is >= 0 and var line) return at + line + 1;
        // No line: at least a whole letter (UTF-8, RFC 3629: bytes 10xxxxxx continue one).
        var start = 1;
        while (start < read && start < 5 && (look[start] & 0xC0) == 0x80) start++;
        return at + Math.Min(start, read);
    }
}
