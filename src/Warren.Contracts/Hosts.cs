namespace Warren.Contracts;

/// <summary>A place where machines run.</summary>
public sealed record Host
{
    /// <summary>Name; <c>local</c> is the server's own machine.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of hypervisor.</summary>
    public required string Hypervisor { get; init; }

    /// <summary>Whether machines can be launched there now.</summary>
    public required bool Usable { get; init; }

    /// <summary>The hypervisor's version.</summary>
    public string? Version { get; init; }

    /// <summary><c>kvm</c>, <c>tcg</c>, …: what guests are really run with.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Why that one: what was probed and what it showed.</summary>
    public string? AcceleratorReason { get; init; }

    /// <summary>Memory that machines may use, in MiB.</summary>
    public long MemoryMiB { get; init; }

    /// <summary>Memory promised to machines that are on or starting, in MiB.</summary>
    public long MemoryUsedMiB { get; init; }

    /// <summary>Processors.</summary>
    public int Cpus { get; init; }

    /// <summary>Free disk in GiB.</summary>
    public long DiskFreeGiB { get; init; }

    /// <summary>What the hypervisor there can do: <c>screen</c>, <c>serial</c>, <c>guest</c>, <c>power</c>, <c>resize</c>, …</summary>
    public IReadOnlyList<string> Capabilities { get; init; } = [];

    /// <summary>Further findings.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What keeps it from being used, each with its remedy.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Machines there that are not ours; never touched.</summary>
    public IReadOnlyList<string> ForeignMachines { get; init; } = [];

    /// <summary>When it was last probed.</summary>
    public DateTimeOffset? ProbedAt { get; init; }
}

/// <summary>GET /limits: what a launch may ask for.</summary>
public sealed record Limits
{
    /// <summary>Memory in MiB.</summary>
    public required IntRange MemoryMiB { get; init; }

    /// <summary>System disk in GiB.</summary>
    public required IntRange DiskGiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public required IntRange Cpus { get; init; }

    /// <summary>Host ports that forwards are taken from.</summary>
    public required IntRange HostPorts { get; init; }
}

/// <summary>A range, both ends included.</summary>
public sealed record IntRange(int Minimum, int Maximum);
