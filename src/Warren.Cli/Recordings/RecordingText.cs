using System.Globalization;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Recordings;

/// <summary>Recordings as people read them.</summary>
internal static class RecordingText
{
    public static readonly string[] Headings = ["ID", "MACHINE", "STATE", "STARTED", "LENGTH", "SIZE", "SCREEN"];

    public static IReadOnlyList<Cell> Row(Recording r) =>
    [
        r.Id,
        r.MachineName,
        new Cell(Words.Of(r.State) + (r.Reason is { } reason ? $": {reason}" : ""), r.State switch { RecordingState.Failed => Ink.Bad, RecordingState.Recording => Ink.Busy, _ => Ink.Good }),
        Figures.Time(r.StartedAt),
        Length(r),
        Figures.Bytes(r.Bytes),
        r.Width == 0 ? "-" : $"{r.Width}x{r.Height}",
    ];

    /// <summary><c>0:07</c>, <c>12:30</c>, <c>1:02:03</c>.</summary>
    public static string Length(Recording r)
    {
        var time = TimeSpan.FromSeconds(Math.Floor(r.DurationSeconds));
        return time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:") + time.ToString(@"mm\:ss", CultureInfo.InvariantCulture)
            : time.ToString(@"m\:ss", CultureInfo.InvariantCulture);
    }
}
