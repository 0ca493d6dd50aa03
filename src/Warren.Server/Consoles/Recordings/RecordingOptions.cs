namespace Warren.Server.Consoles.Recordings;

/// <summary>Configuration section <c>Recordings</c>.</summary>
internal sealed record RecordingOptions
{
    public const string Section = "Recordings";

    /// <summary>Where the files are; <c>recordings</c> in the data folder when null. Replicas share it, or show only what they recorded themselves.</summary>
    public string? Folder { get; init; }

    /// <summary>Days that a recording is kept after its end.</summary>
    public int KeepDays { get; init; } = 14;

    /// <summary>All recordings together, GiB: beyond it the oldest that are over go.</summary>
    public double MaxGiB { get; init; } = 20;

    /// <summary>Longest recording, hours; the next one begins where it ends.</summary>
    public double MaxHours { get; init; } = 12;

    /// <summary>Room that is left to others on the disk, MiB: with less nothing is recorded. Machines may have their disks there.</summary>
    public int ReservedFreeMiB { get; init; } = 512;

    /// <summary>Pictures a second at most.</summary>
    public int PicturesPerSecond { get; init; } = 12;

    /// <summary>Program that makes videos, looked up in PATH.</summary>
    public string Ffmpeg { get; init; } = "ffmpeg";

    public long MaxBytes => (long)(MaxGiB * (1L << 30));

    /// <summary>Largest file: a quarter of all, so that the limit can be kept by removing what is over.</summary>
    public long MaxFileBytes => MaxBytes / 4;

    /// <exception cref="InvalidOperationException">A setting makes no sense.</exception>
    public RecordingOptions Checked()
    {
        Demand(KeepDays is >= 1 and <= 36500, "KeepDays", KeepDays, "1 to 36500");
        Demand(MaxGiB is > 0 and <= 1 << 20, "MaxGiB", MaxGiB, "more than 0");
        Demand(MaxHours is > 0 and <= 24 * 31, "MaxHours", MaxHours, "more than 0, at most 744");
        Demand(ReservedFreeMiB >= 0, "ReservedFreeMiB", ReservedFreeMiB, "0 or more");
        Demand(PicturesPerSecond is >= 1 and <= 30, "PicturesPerSecond", PicturesPerSecond, "1 to 30");
        return this;
    }

    private static void Demand(bool holds, string name, double value, string rule)
    {
        if (!holds) throw new InvalidOperationException(FormattableString.Invariant($"Recordings:{name} is {value}; it must be {rule}"));
    }
}
