using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Consoles.Connections;

/// <summary>Somebody at a machine's console, now or formerly. It belongs to whom the machine does, and outlives it.</summary>
internal sealed class ConnectionRow : IEventSource
{
    public required string Id { get; set; }
    public required string MachineId { get; set; }
    public required string MachineName { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>Whose rights were used; of a share link, those of who made it.</summary>
    public required string UserId { get; set; }

    public required string UserName { get; set; }
    public string? ShareId { get; set; }
    public required string Address { get; set; }
    public ConsoleKind Kind { get; set; }
    public ViewerRole Role { get; set; }
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>When its server last said that it is open.</summary>
    public DateTimeOffset SeenAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
    public long SentBytes { get; set; }
    public long ReceivedBytes { get; set; }

    string IEventSource.EventSubject => "connection";

    string IEventSource.EventVerb(string verb, Func<string, bool> changed) => verb switch
    {
        "created" => "opened",
        "changed" => "closed",
        _ => verb,
    };

    public Connection ToContract() => new()
    {
        Id = Id,
        MachineId = MachineId,
        Machine = MachineName,
        Kind = Kind,
        User = UserName,
        ShareId = ShareId,
        Address = Address,
        Role = Role,
        StartedAt = StartedAt,
        EndedAt = EndedAt,
        SentBytes = SentBytes,
        ReceivedBytes = ReceivedBytes,
    };
}
