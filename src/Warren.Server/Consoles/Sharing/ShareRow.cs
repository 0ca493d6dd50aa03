using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Consoles.Sharing;

/// <summary>A link to a machine's screen; its secret is kept as a hash.</summary>
internal sealed class ShareRow : IEventSource
{
    public required string Id { get; set; }
    public required string Hash { get; set; }
    public required string MachineId { get; set; }
    public string? Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>Who made it: whoever has it sees what they may see, no more.</summary>
    public required string UserId { get; set; }

    public required string UserProjectId { get; set; }
    public ViewerRole Role { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset ExpiresAt { get; set; }

    string IEventSource.EventSubject => "share";

    public Share ToContract() => new(Id, MachineId, Name, Role, CreatedAt, ExpiresAt);
}

/// <summary>A way into one console, once; the id is the SHA-256 of its secret. Using it deletes the row.</summary>
internal sealed class ConsoleTicketRow
{
    public required string Id { get; set; }
    public required string MachineId { get; set; }
    public ConsoleKind Kind { get; set; }
    public ViewerRole Role { get; set; }
    public required string UserId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>What the others see.</summary>
    public required string Name { get; set; }

    public string? ShareId { get; set; }

    /// <summary>The session or token that it was made with: the console ends with it.</summary>
    public string? Credential { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}
