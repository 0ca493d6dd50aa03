namespace Warren.Contracts;

/// <summary>How guests on a network reach others.</summary>
public enum NetworkKind
{
    /// <summary>Out through the host's address; nobody reaches in.</summary>
    Nat,

    /// <summary>On a bridge of the host, neighbours of whatever is there.</summary>
    Bridge,

    /// <summary>Only each other and the host.</summary>
    Isolated,

    /// <summary>Something else, made elsewhere.</summary>
    Other,
}

/// <summary>A network of a host.</summary>
public sealed record Network
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>How guests on it reach others.</summary>
    public required NetworkKind Kind { get; init; }

    /// <summary>IPv4 range; the first address is the host's.</summary>
    public string? Range { get; init; }

    /// <summary>Its bridge on the host.</summary>
    public string? Bridge { get; init; }

    /// <summary>It is up.</summary>
    public bool Active { get; init; }

    /// <summary>It was made here; others are shown and never touched.</summary>
    public bool Ours { get; init; }
}

/// <summary>POST /hosts/{name}/networks.</summary>
public sealed record CreateNetworkRequest
{
    /// <summary>1-15 of a-z, 0-9 and inner hyphens.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary><c>nat</c>, <c>bridge</c> or <c>isolated</c>.</summary>
    [Audited] public NetworkKind Kind { get; init; }

    /// <summary>IPv4 range such as <c>192.168.150.0/24</c>; the host chooses when left out.</summary>
    [Audited] public string? Range { get; init; }

    /// <summary>The host's bridge, for <c>bridge</c>.</summary>
    [Audited] public string? Bridge { get; init; }
}

/// <summary>A place of a host where disks lie.</summary>
public sealed record Storage
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>What it lies on: <c>dir</c>, <c>lvm</c>, <c>zfs</c>, …</summary>
    public required string Kind { get; init; }

    /// <summary>Folder or device.</summary>
    public string? Path { get; init; }

    /// <summary>Size in bytes.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Free bytes.</summary>
    public long FreeBytes { get; init; }

    /// <summary>It is up.</summary>
    public bool Active { get; init; }

    /// <summary>It was made here.</summary>
    public bool Ours { get; init; }
}

/// <summary>POST /hosts/{name}/storage.</summary>
public sealed record CreateStorageRequest
{
    /// <summary>Name.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>Absolute path of a folder of the host.</summary>
    [Audited] public required string Path { get; init; }
}
