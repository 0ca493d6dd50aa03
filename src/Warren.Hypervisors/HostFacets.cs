namespace Warren.Hypervisors;

/// <summary>Networks of the host that machines can be plugged into.</summary>
public interface INetworks
{
    /// <summary>All networks, ours and foreign.</summary>
    Task<IReadOnlyList<HostNetwork>> ListAsync(CancellationToken cancellation);

    /// <summary>Makes a network and starts it. One that exists as described is left alone.</summary>
    /// <exception cref="HypervisorException">Rejected when the name is taken by another, or the address range is in use.</exception>
    Task CreateAsync(HostNetwork network, CancellationToken cancellation);

    /// <summary>Removes a network of ours. One that does not exist is success.</summary>
    /// <exception cref="HypervisorException">Rejected when it is not ours; Busy when machines use it.</exception>
    Task DeleteAsync(string name, CancellationToken cancellation);
}

/// <summary>A network of a host.</summary>
/// <param name="Name">1-15 of a-z, 0-9 and inner hyphens.</param>
/// <param name="Mode">How guests on it reach others.</param>
public sealed record HostNetwork(string Name, NetworkMode Mode)
{
    /// <summary>IPv4 range as <c>192.168.150.0/24</c>; the first address is the host's. Null for a bridge, and where the host chooses.</summary>
    public string? Range { get; init; }

    /// <summary>The bridge of the host: stated for <see cref="NetworkMode.Bridge"/>, found for the others.</summary>
    public string? Bridge { get; init; }

    /// <summary>It is up.</summary>
    public bool Active { get; init; }

    /// <summary>It carries our ownership mark; others are shown and never touched.</summary>
    public bool Ours { get; init; }
}

/// <summary>How guests on a network reach others.</summary>
public enum NetworkMode
{
    /// <summary>Out through the host's address; nobody reaches in.</summary>
    Nat,

    /// <summary>On a bridge of the host, neighbours of whatever is there.</summary>
    Bridge,

    /// <summary>Only each other and the host.</summary>
    Isolated,

    /// <summary>Routed, or something else that was not made here.</summary>
    Other,
}

/// <summary>Where the host keeps disks.</summary>
public interface IStorage
{
    /// <summary>All pools, ours and foreign.</summary>
    Task<IReadOnlyList<StoragePool>> ListAsync(CancellationToken cancellation);

    /// <summary>Makes a pool over a folder of the host and starts it. One that exists as described is left alone.</summary>
    /// <exception cref="HypervisorException">Rejected when the name is taken by another or the folder cannot be had.</exception>
    Task CreateAsync(string name, string path, CancellationToken cancellation);

    /// <summary>Forgets a pool of ours; its folder stays when it is not empty. One that does not exist is success.</summary>
    /// <exception cref="HypervisorException">Rejected when it is not ours; Busy when disks in it are used.</exception>
    Task DeleteAsync(string name, CancellationToken cancellation);
}

/// <summary>A pool of disks.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it lies on: <c>dir</c>, <c>lvm</c>, <c>zfs</c>, …</param>
/// <param name="Path">Folder or device.</param>
/// <param name="CapacityBytes">Size in bytes.</param>
/// <param name="FreeBytes">Free bytes.</param>
/// <param name="Active">It is up.</param>
/// <param name="Ours">It carries our mark.</param>
public sealed record StoragePool(string Name, string Kind, string? Path, long CapacityBytes, long FreeBytes, bool Active, bool Ours);

/// <summary>Changes of machines, told by the hypervisor instead of asked for.</summary>
public interface IChanges
{
    /// <summary>Ids of our machines that have changed, as it happens; ends with an exception when the connection is lost.</summary>
    /// <exception cref="HypervisorException">Unreachable.</exception>
    IAsyncEnumerable<string> WatchAsync(CancellationToken cancellation);
}

/// <summary>Takes foreign machines into our care, on request only.</summary>
public interface IAdoption
{
    /// <summary>Gives a foreign machine our ownership mark and changes nothing else; it runs on. Its resources are the answer.</summary>
    /// <exception cref="HypervisorException">NotFound; Rejected when it is ours already under another id.</exception>
    Task<AdoptedMachine> AdoptAsync(string nativeName, string machineId, CancellationToken cancellation);
}

/// <summary>What an adopted machine has.</summary>
/// <param name="MemoryMiB">Memory in MiB.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="DiskGiB">Size of its first disk in GiB, rounded up; 0 when unknown.</param>
/// <param name="MacAddress">Of its first card, or null.</param>
/// <param name="Power">Power now.</param>
public sealed record AdoptedMachine(int MemoryMiB, int Cpus, int DiskGiB, string? MacAddress, ObservedPower Power);
