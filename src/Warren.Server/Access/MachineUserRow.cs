using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Access;

/// <summary>Somebody whom a machine is shared with. The row is theirs: its events tell them that they may use the machine, or no longer.</summary>
internal sealed class MachineUserRow : IEventSource
{
    public required string MachineId { get; set; }
    public required string UserId { get; set; }

    /// <summary>The machine's.</summary>
    public required string ProjectId { get; set; }

    /// <summary>Viewer or member.</summary>
    public ProjectRole Role { get; set; } = ProjectRole.Viewer;

    /// <summary>Id of the user who let them in.</summary>
    public required string SharedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    string IOwned.OwnerId => UserId;

    string IEventSource.Id => MachineId;

    string IEventSource.EventSubject => EventSubject;

    /// <summary>First half of its events' types; what they are about is the machine.</summary>
    public const string EventSubject = "machine-user";
}
