using System.Globalization;

namespace Warren.Cli.Terminal;

/// <summary>Figures as people read them.</summary>
internal static class Figures
{
    /// <summary>Binary units, one decimal at most: <c>512 MiB</c>, <c>1.5 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    public static string Bytes(long? bytes) => bytes is { } known ? Bytes(known) : "-";

    public static string MiB(long mebibytes) => Bytes(mebibytes << 20);

    public static string GiB(long gibibytes) => Bytes(gibibytes << 30);

    /// <summary>The greatest unit that fits, cut off: <c>45s</c>, <c>12m</c>, <c>3h</c>, <c>9d</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 0 } => "0s",
        { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds}s",
        { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes}m",
        { TotalHours: < 48 } => $"{(int)span.TotalHours}h",
        _ => $"{(int)span.TotalDays}d",
    };

    /// <summary>UTC, to the second.</summary>
    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Seconds with a tenth: <c>3.2 s</c>.</summary>
    public static string Seconds(TimeSpan span) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0} s");
}
