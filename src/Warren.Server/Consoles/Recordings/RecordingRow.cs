using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Consoles.Recordings;

/// <summary>A recording. Its pictures are in a file that is named by its id; see <see cref="RecordingFormat"/>.</summary>
internal sealed class RecordingRow : IEventSource, IVersioned
{
    public required string Id { get; set; }
    public required string MachineId { get; set; }
    public required string MachineName { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public RecordingState State { get; set; }
    public DateTimeOffset StartedAt { get; set; }
    public DateTimeOffset? EndedAt { get; set; }
    public long DurationMs { get; set; }
    public long Bytes { get; set; }
    public int Width { get; set; }
    public int Height { get; set; }
    public string? Reason { get; set; }

    /// <summary>The server that records.</summary>
    public string? LeaseHolder { get; set; }

    public DateTimeOffset? LeaseUntil { get; set; }
    public int Version { get; set; }

    string IEventSource.EventSubject => "recording";

    public Recording ToContract(IEnumerable<(TimeSpan From, TimeSpan To)>? gaps = null) => new()
    {
        Id = Id,
        MachineId = MachineId,
        MachineName = MachineName,
        State = State,
        StartedAt = StartedAt,
        EndedAt = EndedAt,
        DurationSeconds = DurationMs / 1000.0,
        Bytes = Bytes,
        Width = Width,
        Height = Height,
        Reason = Reason,
        Gaps = gaps is null ? null : [.. gaps.Select(g => new RecordingGap(g.From.TotalSeconds, g.To.TotalSeconds))],
    };
}
