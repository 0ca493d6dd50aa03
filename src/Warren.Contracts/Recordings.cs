namespace Warren.Contracts;

/// <summary>Where a recording is in its life.</summary>
public enum RecordingState
{
    /// <summary>It goes on; what is there can be watched already.</summary>
    Recording,

    /// <summary>It is whole.</summary>
    Finished,

    /// <summary>It ended too soon, <see cref="Recording.Reason"/> says why; what is there can be watched.</summary>
    Failed,
}

/// <summary>What a machine showed on its screen, from when it was switched on until it was off.</summary>
public sealed record Recording
{
    /// <summary>Id, 26 lower-case letters and digits.</summary>
    public required string Id { get; init; }

    /// <summary>Id of the machine, which may be gone.</summary>
    public required string MachineId { get; init; }

    /// <summary>Its name at the time.</summary>
    public required string MachineName { get; init; }

    /// <summary>State.</summary>
    public required RecordingState State { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Its length in seconds; of one that goes on, as of a few seconds ago.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Size of its file.</summary>
    public required long Bytes { get; init; }

    /// <summary>Width of the screen when it was last seen, pixels; 0 before it has shown anything.</summary>
    public required int Width { get; init; }

    /// <summary>Height of the screen, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Stretches in which nothing was seen: the machine was off, its host silent, or the server away. Only told of a single recording.</summary>
    public IReadOnlyList<RecordingGap>? Gaps { get; init; }
}

/// <summary>A stretch of a recording in which nothing was seen.</summary>
/// <param name="From">Seconds from the recording's start.</param>
/// <param name="To">Seconds from the recording's start.</param>
public sealed record RecordingGap(double From, double To);

/// <summary>What a player is told, as a text message between the bytes of RFB; what is left out stays.</summary>
public sealed record PlayerCommand
{
    /// <summary>Go to this place, seconds from the recording's start.</summary>
    public double? At { get; init; }

    /// <summary>How fast it plays, 0.25 to 64.</summary>
    public double? Speed { get; init; }

    /// <summary>Whether it stands still.</summary>
    public bool? Paused { get; init; }
}

/// <summary>What a player tells, as a text message: after each change, and four times a second while it plays.</summary>
public sealed record PlayerState
{
    /// <summary>Where it is, seconds from the recording's start. The picture of this place was sent before.</summary>
    public required double At { get; init; }

    /// <summary>Length of the recording, seconds.</summary>
    public required double Duration { get; init; }

    /// <summary>How fast it plays.</summary>
    public required double Speed { get; init; }

    /// <summary>It stands still, by request or because the recording is over.</summary>
    public required bool Paused { get; init; }

    /// <summary>The recording goes on and grows.</summary>
    public required bool Live { get; init; }

    /// <summary>Why nothing was seen at this place; what is shown is the last picture before.</summary>
    public string? Why { get; init; }
}
