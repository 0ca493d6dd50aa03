namespace Warren.Contracts;

/// <summary>A place where machines run.</summary>
public sealed record Host
{
    /// <summary>Name; <c>local</c> is the server's own machine.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of hypervisor.</summary>
    public required string Hypervisor { get; init; }

    /// <summary>Whether machines can be launched there now: it is online and not draining.</summary>
    public required bool Usable { get; init; }

    /// <summary>How it stands with the host, why, and what to do about it.</summary>
    public required HostStatus Status { get; init; }

    /// <summary>It takes no new machines; those that are there stay.</summary>
    public bool Draining { get; init; }

    /// <summary>It comes from the server's configuration and cannot be changed or removed here.</summary>
    public bool Configured { get; init; }

    /// <summary>Labels that a launch can ask for.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Its settings, without the secret ones.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Its kind's secret settings: whether each is set. What they are is never told.</summary>
    public IReadOnlyDictionary<string, bool> Secrets { get; init; } = new Dictionary<string, bool>(StringComparer.Ordinal);

    /// <summary>The hypervisor's version.</summary>
    public string? Version { get; init; }

    /// <summary><c>kvm</c>, <c>tcg</c>, …: what guests are really run with.</summary>
    public string? Accelerator { get; init; }

    /// <summary>Why that one: what was probed and what it showed.</summary>
    public string? AcceleratorReason { get; init; }

    /// <summary>Memory that may be promised to machines, in MiB.</summary>
    public long MemoryMiB { get; init; }

    /// <summary>Memory promised to machines that are on or starting, in MiB.</summary>
    public long MemoryUsedMiB { get; init; }

    /// <summary>Memory that can really be had there now without swapping, in MiB; absent where the host does not tell.</summary>
    public long? MemoryAvailableMiB { get; init; }

    /// <summary>Memory that machines really take there, in MiB, what they share counted once; absent where the host does not tell.</summary>
    public long? MemoryTakenMiB { get; init; }

    /// <summary>Memory left to the host itself, in MiB.</summary>
    public int ReservedMemoryMiB { get; init; }

    /// <summary>Most machines that it takes; absent: as many as there is memory for.</summary>
    public int? MachineLimit { get; init; }

    /// <summary>Machines of ours there, whatever their state.</summary>
    public int Machines { get; init; }

    /// <summary>Processors.</summary>
    public int Cpus { get; init; }

    /// <summary>Free disk in GiB.</summary>
    public long DiskFreeGiB { get; init; }

    /// <summary>
    /// What the host can do, by name: <c>screen</c>, <c>serial</c>, <c>guest</c>, <c>power</c>, <c>snapshots</c>, …; every
    /// capability there is, with the reason where it is missing.
    /// </summary>
    public IReadOnlyDictionary<string, Capability> Capabilities { get; init; } = new Dictionary<string, Capability>(StringComparer.Ordinal);

    /// <summary>Networks that a machine can name, as of the last probe.</summary>
    public IReadOnlyList<string> Networks { get; init; } = [];

    /// <summary>Further findings.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What keeps it from being used, each with its remedy.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Machines there that are not ours; never touched.</summary>
    public IReadOnlyList<string> ForeignMachines { get; init; } = [];

    /// <summary>When it was last probed with success.</summary>
    public DateTimeOffset? ProbedAt { get; init; }
}

/// <summary>How it stands with a host.</summary>
public enum HostState
{
    /// <summary>Not probed yet.</summary>
    Pending,

    /// <summary>It answers and can be used.</summary>
    Online,

    /// <summary>It answers; something there keeps it from being used.</summary>
    Degraded,

    /// <summary>It answers and refuses us, or its settings are wrong.</summary>
    Refused,

    /// <summary>It does not answer.</summary>
    Unreachable,
}

/// <summary>How it stands with a host, and why.</summary>
/// <param name="State">The state.</param>
/// <param name="Since">Since when.</param>
/// <param name="Tried">What was tried to find out.</param>
/// <param name="Reason">What that showed; absent when all is well.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record HostStatus(HostState State, DateTimeOffset? Since, string Tried, string? Reason = null, string? Remedy = null);

/// <summary>Something that a host can do, or why it cannot.</summary>
public sealed record Capability(bool Available, string? Reason = null);

/// <summary>POST /hosts.</summary>
public sealed record AddHostRequest
{
    /// <summary>Name: 1-63 of a-z, 0-9 and '-'.</summary>
    [Audited] public required string Name { get; init; }

    /// <summary>Kind of hypervisor, as GET /hypervisors names it.</summary>
    [Audited] public required string Hypervisor { get; init; }

    /// <summary>Settings by name, secret ones among them. Lists and maps are flat: <c>list:0</c>, <c>map:key</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Memory left to the host itself, in MiB; the server's default when left out.</summary>
    [Audited] public int? ReservedMemoryMiB { get; init; }

    /// <summary>Most machines that it takes; 0 or left out: no limit.</summary>
    [Audited] public int? MachineLimit { get; init; }
}

/// <summary>PATCH /hosts/{name}: what is left out stays.</summary>
public sealed record EditHostRequest
{
    /// <summary>Settings to change, by name; null takes one away.</summary>
    public IReadOnlyDictionary<string, string?>? Settings { get; init; }

    /// <summary>Labels to change, by name; null takes one away.</summary>
    public IReadOnlyDictionary<string, string?>? Labels { get; init; }

    /// <summary>Memory left to the host itself, in MiB.</summary>
    [Audited] public int? ReservedMemoryMiB { get; init; }

    /// <summary>Most machines that it takes; 0: no limit.</summary>
    [Audited] public int? MachineLimit { get; init; }
}

/// <summary>A machine found on a host.</summary>
/// <param name="NativeName">Its name there.</param>
/// <param name="Power"><c>off</c>, <c>on</c>, <c>paused</c>, <c>suspended</c> or <c>unknown</c>.</param>
/// <param name="Ours">It carries our mark.</param>
/// <param name="Machine">Its name here; absent for a foreign one, and for one of ours that is not known here any more.</param>
/// <param name="PromisedMiB">Memory promised to it, in MiB; absent for what is not known here.</param>
/// <param name="Memory">Memory that it really takes; absent while it is off, and where the host does not tell.</param>
public sealed record HostMachine(string NativeName, string Power, bool Ours, string? Machine = null, int? PromisedMiB = null, MemoryUse? Memory = null);

/// <summary>Memory that a running machine really takes, what runs it included.</summary>
/// <param name="ProportionalMiB">All of it in MiB, where what it shares with others counts by its share (PSS): these add up.</param>
/// <param name="PrivateMiB">What it alone has written, in MiB: what is free again when it goes.</param>
public sealed record MemoryUse(long ProportionalMiB, long PrivateMiB);

/// <summary>POST /hosts/{name}/machines/{nativeName}/adopt.</summary>
public sealed record AdoptRequest
{
    /// <summary>Name of the machine here; made from its name there when left out.</summary>
    [Audited] public string? Name { get; init; }
}

/// <summary>GET /limits: what a launch may ask for, and what the caller and the current project may have in all.</summary>
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

    /// <summary>What a machine's network may send, and as much again receive, in Mbit/s, at most; absent: no limit, as for administrators.</summary>
    public int? NetworkMbps { get; init; }

    /// <summary>What a machine's disks together may read and write, in MiB/s, at most; absent: no limit, as for administrators.</summary>
    public int? DiskMiBps { get; init; }

    /// <summary>Reads and writes of a machine's disks together in a second, at most; absent: no limit, as for administrators.</summary>
    public int? DiskIops { get; init; }

    /// <summary>What applies to the caller, in all projects together, and what they have. Absent for tokens that are confined to a pool or template.</summary>
    public QuotaStanding? User { get; init; }

    /// <summary>What applies to the current project, and what it has. Absent for tokens that are confined to a pool or template.</summary>
    public QuotaStanding? Project { get; init; }
}

/// <summary>A range, both ends included.</summary>
public sealed record IntRange(int Minimum, int Maximum);
