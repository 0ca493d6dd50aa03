namespace Warren.Server.Events;

/// <summary>That something changed. What it is like now is read when the event is sent.</summary>
internal sealed class EventRow
{
    public long Id { get; set; }
    public required string Type { get; set; }
    public required string SubjectId { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }
    public DateTimeOffset At { get; set; }
}
