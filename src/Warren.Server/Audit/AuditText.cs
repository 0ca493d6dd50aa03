using System.Text;

namespace Warren.Server.Audit;

/// <summary>Makes texts of requests fit to be kept: short, on one line, and storable by both databases.</summary>
internal static class AuditText
{
    /// <summary>In characters.</summary>
    private const int Longest = 200;

    /// <param name="text">Whatever somebody sent; null stays null.</param>
    /// <param name="longest">Most characters of it.</param>
    public static string? Of(string? text, int longest = Longest)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var kept = new StringBuilder(Math.Min(text.Length, longest));
        // By runes: half a surrogate pair comes out as U+FFFD, which can be written.
        foreach (var rune in text.EnumerateRunes())
        {
            if (kept.Length + rune.Utf16SequenceLength > longest - 1)
            {
                kept.Append('…');
                break;
            }

            kept.Append(Rune.IsControl(rune) ? "\uFFFD" : rune.ToString());
        }

        return kept.ToString();
    }
}
