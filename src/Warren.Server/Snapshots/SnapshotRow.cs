using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines;

namespace Warren.Server.Snapshots;

/// <summary>A snapshot of a machine. Its id is the one that its host knows it by.</summary>
internal sealed class SnapshotRow : IEventSource, IVersioned
{
    public required string Id { get; set; }
    public required string MachineId { get; set; }
    public required string Name { get; set; }
    public required string OwnerId { get; set; }
    public required string ProjectId { get; set; }

    /// <summary>As its host says; children of one that is removed hang on its parent.</summary>
    public string? ParentId { get; set; }

    public string? Description { get; set; }
    public bool Memory { get; set; }
    public SnapshotState State { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
    public int Version { get; set; }

    string IEventSource.EventSubject => "snapshot";

    public Snapshot ToContract(MachineRow machine) => new()
    {
        Id = Id,
        Name = Name,
        MachineId = MachineId,
        ParentId = ParentId,
        Description = Description,
        Memory = Memory,
        Current = machine.SnapshotId == Id,
        State = State,
        CreatedAt = CreatedAt,
    };
}
