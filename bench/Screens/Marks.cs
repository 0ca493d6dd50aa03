using System.Diagnostics;

namespace Warren.Bench.Screens;

/// <summary>
/// Numbers that travel as a colour, 5 bits in each of red, green and blue: pixels of 16 bits keep them, too. When one was sent is
/// noted here, by the clock of this process, in which the source and the viewers are.
/// </summary>
internal static class Marks
{
    private const int Count = 1 << 15;
    private static readonly long[] s_sent = new long[Count];
    private static int s_last;

    /// <summary>The colour of the next number.</summary>
    public static uint Next()
    {
        var number = (uint)(Interlocked.Increment(ref s_last) & Count - 1);
        Volatile.Write(ref s_sent[number], 0);
        return Shade(number >> 10) << 16 | Shade(number >> 5) << 8 | Shade(number);
    }

    /// <summary>It is written now.</summary>
    public static void Sent(uint colour) => Volatile.Write(ref s_sent[Number(colour)], Stopwatch.GetTimestamp());

    /// <summary>Milliseconds since it was written; null when it is none that was.</summary>
    public static double? Age(uint colour) =>
        Volatile.Read(ref s_sent[Number(colour)]) is not 0 and var sent ? Stopwatch.GetElapsedTime(sent).TotalMilliseconds : null;

    private static uint Shade(uint bits) => (bits & 31) * 255 / 31;

    private static int Number(uint colour) => Bits(colour >> 16) << 10 | Bits(colour >> 8) << 5 | Bits(colour);

    private static int Bits(uint colour) => (int)((colour & 255) * 31 + 127) / 255;
}
