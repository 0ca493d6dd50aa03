namespace Warren.Contracts;

/// <summary>Where a snapshot is in its life.</summary>
public enum SnapshotState
{
    /// <summary>It is being taken.</summary>
    Creating,

    /// <summary>It can be returned to.</summary>
    Ready,

    /// <summary>It is being removed.</summary>
    Deleting,
}

/// <summary>A point in a machine's life that it can return to: its disks, or its disks and its memory.</summary>
public sealed record Snapshot
{
    /// <summary>Id.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique per machine.</summary>
    public required string Name { get; init; }

    /// <summary>Id of the machine.</summary>
    public required string MachineId { get; init; }

    /// <summary>Id of the snapshot that the machine stood on when this one was taken; null at the root of the tree.</summary>
    public string? ParentId { get; init; }

    /// <summary>What its owner wrote about it.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it holds the memory: to return to it lets the machine run on from that moment.</summary>
    public required bool Memory { get; init; }

    /// <summary>Whether the machine stands on it: what it writes now came after it.</summary>
    public required bool Current { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SnapshotState State { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>POST /machines/{machine}/snapshots.</summary>
public sealed record TakeSnapshotRequest
{
    /// <summary>Name: letters, digits, dots, dashes; null for one made of the time.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>Anything worth knowing, up to 1000 characters.</summary>
    public string? Description { get; init; }

    /// <summary>With memory; the machine must run.</summary>
    [Audited] public bool Memory { get; init; }
}

/// <summary>PATCH /machines/{machine}/snapshots/{snapshot}; what is null stays.</summary>
public sealed record EditSnapshotRequest
{
    /// <summary>New name.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>New description; empty for none.</summary>
    public string? Description { get; init; }
}
