using System.Globalization;
using Warren.Contracts;

namespace Warren.Cli.Arguments;

/// <summary>Durations as people write them: <c>90s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>, or a bare number of seconds.</summary>
internal static class Durations
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3650);

    public static TimeSpan Parse(string text, string field)
    {
        var rest = text.AsSpan().Trim();
        if (long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return Checked(seconds, text, field);
        decimal total = 0;
        if (rest.IsEmpty) throw Wrong(text, field);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOfAnyExceptInRange('0', '9');
            if (end <= 0 || !long.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) throw Wrong(text, field);
            total += (decimal)number * rest[end] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => throw Wrong(text, field) };
            rest = rest[(end + 1)..];
        }

        return Checked(total, text, field);
    }

    private static TimeSpan Checked(decimal seconds, string text, string field)
        => seconds > 0 && seconds <= (decimal)s_longest.TotalSeconds
            ? TimeSpan.FromSeconds((double)seconds)
            : throw Refusal.Invalid(field, $"'{text}' must be more than 0 and at most ten years");

    private static WarrenException Wrong(string text, string field) => Refusal.Invalid(field, $"'{text}' is not a duration: write 90s, 5m, 2h or 1h30m");
}
