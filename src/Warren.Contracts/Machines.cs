namespace Warren.Contracts;

/// <summary>Where a machine is in its life.</summary>
public enum MachineState
{
    /// <summary>Being made; it has no disks yet.</summary>
    Creating,

    /// <summary>Exists and is off.</summary>
    Stopped,

    /// <summary>Being switched on.</summary>
    Starting,

    /// <summary>On. Whether the guest is ready is told by <see cref="Readiness"/>.</summary>
    Running,

    /// <summary>In memory, its CPUs halted.</summary>
    Paused,

    /// <summary>Its memory and devices are on disk, and nothing of it runs; a start goes on from there.</summary>
    Suspended,

    /// <summary>Being switched off.</summary>
    Stopping,

    /// <summary>Being removed; there is no way back.</summary>
    Deleting,

    /// <summary>Could not be made or started; the machine's problem says why.</summary>
    Failed,

    /// <summary>Its host cannot be asked at the moment.</summary>
    Unknown,
}

/// <summary>What the user wants of the machine's power.</summary>
public enum WantedPower
{
    /// <summary>Off.</summary>
    Off,

    /// <summary>On.</summary>
    On,
}

/// <summary>Firmware that the guest boots with.</summary>
public enum MachineFirmware
{
    /// <summary>Legacy PC BIOS.</summary>
    Bios,

    /// <summary>UEFI.</summary>
    Uefi,
}

/// <summary>Graphics card of the guest.</summary>
public enum MachineVideo
{
    /// <summary>Standard VGA: works in every guest.</summary>
    Std,

    /// <summary>virtio-vga: needs a driver in the guest.</summary>
    Virtio,
}

/// <summary>What a guest reaches beside those who come to it through its forwards.</summary>
public enum MachineNetworkMode
{
    /// <summary>Nothing.</summary>
    Isolated,

    /// <summary>The outside and its names: neither its host at any address, nor other guests, nor private, link-local or metadata addresses.</summary>
    Internet,

    /// <summary>Everything that its host reaches, its host's loopback included. For administrators.</summary>
    Lan,
}

/// <summary>A machine: what was wanted and what was last observed, kept apart.</summary>
public sealed record Machine
{
    /// <summary>Id, 26 lower-case letters and digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name, unique in its project; a valid host name label.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Name of the project.</summary>
    public required string Project { get; init; }

    /// <summary>Host it runs on.</summary>
    public required string Host { get; init; }

    /// <summary>Image it was made from, as the user named it; absent for a machine that was adopted.</summary>
    public string? Image { get; init; }

    /// <summary>Template it was launched from, as <c>name@version</c>.</summary>
    public string? Template { get; init; }

    /// <summary>Golden image it came from, as NAME@VERSION.</summary>
    public string? GoldenImage { get; init; }

    /// <summary>Id of the machine that it was forked from.</summary>
    public string? ForkOf { get; init; }

    /// <summary>What was asked for.</summary>
    public required MachineSpec Spec { get; init; }

    /// <summary>Wanted power.</summary>
    public required WantedPower Wanted { get; init; }

    /// <summary>State.</summary>
    public required MachineState State { get; init; }

    /// <summary>How far the guest has come since it was switched on.</summary>
    public required Readiness Readiness { get; init; }

    /// <summary>Ports of the host that lead into the guest.</summary>
    public required IReadOnlyList<Forward> Forwards { get; init; }

    /// <summary>Addresses of the guest, as far as its hypervisor knows them.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>How to reach it by SSH, once its image is known to speak it: by a forward, else by its address.</summary>
    public SshAddress? Ssh { get; init; }

    /// <summary>Whether it starts with its host; absent while nobody has said so here.</summary>
    public bool? Autostart { get; init; }

    /// <summary>What it shows is recorded while it is on.</summary>
    public bool RecordScreen { get; init; }

    /// <summary>Why it is on this host.</summary>
    public Placement? Placement { get; init; }

    /// <summary>The host it is moving to, while it does.</summary>
    public string? MovingTo { get; init; }

    /// <summary>The operation under way on it, if any.</summary>
    public string? Operation { get; init; }

    /// <summary>Why it failed or cannot be observed.</summary>
    public Problem? Problem { get; init; }

    /// <summary>Process on the host that runs it, where there is one.</summary>
    public int? ProcessId { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its host was last asked.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>When its time to live is over; absent: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What happens to it then; absent without an expiry.</summary>
    public LifeAction? TtlAction { get; init; }

    /// <summary>What happens to it when nobody uses it; absent: nothing.</summary>
    public IdlePolicy? Idle { get; init; }

    /// <summary>What happens to it when the last has left its consoles; absent: nothing.</summary>
    public UnwatchedPolicy? Unwatched { get; init; }

    /// <summary>When it was last seen in use. Kept for a running machine with an idle policy only.</summary>
    public DateTimeOffset? LastActiveAt { get; init; }

    /// <summary>What will happen to it by itself before long.</summary>
    public EndWarning? Warning { get; init; }

    /// <summary>Name of the pool that it was made for.</summary>
    public string? Pool { get; init; }

    /// <summary>Where in its pool it is.</summary>
    public PoolPlace? PoolPlace { get; init; }

    /// <summary>Id of the lease that it is lent by; it ends with the machine.</summary>
    public string? Lease { get; init; }

    /// <summary>How it is shared with the caller, where that is what they use it by; such a machine is named by its id.</summary>
    public SharedWithYou? Shared { get; init; }
}

/// <summary>Resources and devices of a machine.</summary>
public sealed record MachineSpec
{
    /// <summary>Memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public required int Cpus { get; init; }

    /// <summary>System disk in GiB; 0 for a live ISO without a disk.</summary>
    public required int DiskGiB { get; init; }

    /// <summary>Firmware.</summary>
    public MachineFirmware Firmware { get; init; }

    /// <summary>Graphics card.</summary>
    public MachineVideo Video { get; init; }

    /// <summary>Disks are thrown away at each stop.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>Further disks.</summary>
    public IReadOnlyList<DataDiskSpec> DataDisks { get; init; } = [];

    /// <summary>Network of its host that it is plugged into; absent: the driver's own, with forwards.</summary>
    public string? Network { get; init; }

    /// <summary>What its guest may reach; absent: what the server's configuration says, else internet where its host can keep that apart and isolated where it cannot.</summary>
    public MachineNetworkMode? NetworkMode { get; init; }

    /// <summary>Where to alone its guest may connect; empty: wherever its network mode lets it.</summary>
    public IReadOnlyList<string> Egress { get; init; } = [];

    /// <summary>What its network may send, and as much again receive, in Mbit/s; absent: no limit of its own, see GET /limits.</summary>
    public int? NetworkMbps { get; init; }

    /// <summary>What all its disks together may read and write, in MiB/s; absent: no limit of its own, see GET /limits.</summary>
    public int? DiskMiBps { get; init; }

    /// <summary>Reads and writes of all its disks together in a second; absent: no limit of its own, see GET /limits.</summary>
    public int? DiskIops { get; init; }

    /// <summary>What only its hypervisor knows.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>A further disk: new and empty (<see cref="SizeGiB"/>) or an existing file (<see cref="Path"/>).</summary>
public sealed record DataDiskSpec
{
    /// <summary>Size of a new disk in GiB.</summary>
    public int? SizeGiB { get; init; }

    /// <summary>Absolute path on the host of a qcow2 or raw file in a folder that the administrator allowed; it outlives the machine.</summary>
    public string? Path { get; init; }

    /// <summary>Format of the existing file, <c>qcow2</c> or <c>raw</c>; found by looking when left out. A raw disk without a partition table must be declared.</summary>
    public string? Format { get; init; }
}

/// <summary>How to reach a machine by SSH.</summary>
public sealed record SshAddress(string Host, int Port, string User);

/// <summary>A port of the host that leads to a port of the guest.</summary>
public sealed record Forward(string Protocol, string HostAddress, int HostPort, int GuestPort);

/// <summary>A wish for a port: the host's port is chosen from the configured range when left out.</summary>
public sealed record ForwardRequest
{
    /// <summary><c>tcp</c> (default) or <c>udp</c>.</summary>
    [Audited] public string Protocol { get; init; } = "tcp";

    /// <summary>Port in the guest, 1-65535.</summary>
    [Audited] public required int GuestPort { get; init; }

    /// <summary>Port on the host, within the configured range.</summary>
    [Audited] public int? HostPort { get; init; }
}

/// <summary>
/// PATCH /machines/{id}: what is left out stays. Resources are changed by an operation on a stopped machine; when and by what the machine
/// ends, and whether its screen is recorded, is changed at once.
/// </summary>
public sealed record EditMachineRequest
{
    /// <summary>Memory in MiB.</summary>
    [Audited] public int? MemoryMiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    [Audited] public int? Cpus { get; init; }

    /// <summary>System disk in GiB; disks only grow.</summary>
    [Audited] public int? DiskGiB { get; init; }

    /// <summary>Seconds from now after which its time to live is over; 0: never.</summary>
    [Audited] public int? TtlSeconds { get; init; }

    /// <summary>What happens to it then.</summary>
    [Audited] public LifeAction? TtlAction { get; init; }

    /// <summary>What happens to it when nobody uses it; with 0 seconds: nothing.</summary>
    [Audited] public IdlePolicy? Idle { get; init; }

    /// <summary>What happens to it when the last has left its consoles; with 0 seconds: nothing.</summary>
    [Audited] public UnwatchedPolicy? Unwatched { get; init; }

    /// <summary>Whether what it shows is recorded while it is on, from now on.</summary>
    [Audited] public bool? RecordScreen { get; init; }
}

/// <summary>POST /machines/{id}/stop and /restart.</summary>
public sealed record StopRequest
{
    /// <summary>Seconds the guest is given to shut down before it is switched off; the server's default when left out.</summary>
    [Audited] public int? GraceSeconds { get; init; }

    /// <summary>Switch off at once.</summary>
    [Audited] public bool Force { get; init; }
}

/// <summary>POST /machines/{id}/keys.</summary>
public sealed record InjectKeysRequest
{
    /// <summary>Names of SSH keys.</summary>
    [Audited] public required IReadOnlyList<string> Keys { get; init; }
}

/// <summary>POST /machines/{id}/autostart.</summary>
public sealed record AutostartRequest
{
    /// <summary>Start it with its host.</summary>
    [Audited] public required bool On { get; init; }
}

/// <summary>POST /machines/{id}/migrate.</summary>
public sealed record MigrateRequest
{
    /// <summary>The host it is to run on, of the same kind.</summary>
    [Audited] public required string Host { get; init; }
}

/// <summary>POST /machines/{id}/clone: a new machine from the disks of a stopped one.</summary>
public sealed record CloneRequest
{
    /// <summary>Name; made up when left out.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>Start it once it is there.</summary>
    [Audited] public bool Start { get; init; } = true;

    /// <summary>Copy all that its disks hold. Else they share what is the same with those of its source, where the host can.</summary>
    [Audited] public bool Full { get; init; }
}
