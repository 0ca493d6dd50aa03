namespace Warren.Hypervisors;

/// <summary>What a live look at a host found.</summary>
/// <param name="Version">Version of the hypervisor.</param>
/// <param name="Accelerator"><c>kvm</c>, <c>tcg</c>, or what else it runs with.</param>
/// <param name="AcceleratorReason">Why that one: which probe was made and what it showed.</param>
/// <param name="Capacity">What the host has in all.</param>
/// <param name="Facts">Further findings, label to value, for people: sandbox, firmware files, confinement.</param>
/// <param name="Problems">What keeps the host from being used, each with its remedy; empty when it is usable.</param>
public sealed record HostProbe(
    string Version,
    string Accelerator,
    string AcceleratorReason,
    HostCapacity Capacity,
    IReadOnlyDictionary<string, string> Facts,
    IReadOnlyList<string> Problems)
{
    /// <summary>Facets that the driver has and this host cannot serve, <c>uefi</c> where there is no such firmware, and <c>internet</c> where that network mode cannot be enforced; each with the reason.</summary>
    public IReadOnlyDictionary<string, string> Missing { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Memory, processors and disk of a host.</summary>
public sealed record HostCapacity(long MemoryMiB, int Cpus, long DiskFreeGiB);

/// <summary>Power as the hypervisor reports it.</summary>
public enum ObservedPower
{
    /// <summary>The host has no such machine.</summary>
    Missing,

    /// <summary>It exists and does not run.</summary>
    Off,

    /// <summary>Its virtual CPUs run.</summary>
    On,

    /// <summary>In memory, CPUs halted.</summary>
    Paused,

    /// <summary>It does not run; its memory and devices are on disk, and a start goes on from there.</summary>
    Suspended,

    /// <summary>The hypervisor cannot say (I/O error, crash dump, unresponsive control socket).</summary>
    Unknown,
}

/// <summary>One look at one machine.</summary>
public sealed record MachineObservation
{
    /// <summary>Power now.</summary>
    public required ObservedPower Power { get; init; }

    /// <summary>The firmware has begun to read its boot medium.</summary>
    public bool FirmwareRan { get; init; }

    /// <summary>Process that runs the machine, where there is one.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Why it is off or unknown, when the hypervisor says so (the end of its log).</summary>
    public string? Detail { get; init; }

    /// <summary>Nothing of that id.</summary>
    public static MachineObservation Missing { get; } = new() { Power = ObservedPower.Missing };
}

/// <summary>A machine found on a host.</summary>
/// <param name="NativeName">Its name there.</param>
/// <param name="MachineId">Our id when it carries our ownership mark, else null: foreign, reported and never touched.</param>
/// <param name="Power">Power now.</param>
public sealed record FoundMachine(string NativeName, string? MachineId, ObservedPower Power);
