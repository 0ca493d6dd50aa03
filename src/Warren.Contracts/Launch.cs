namespace Warren.Contracts;

/// <summary>POST /machines.</summary>
public sealed record LaunchRequest
{
    /// <summary>Name; made up when left out.</summary>
    [Audited] public string? Name { get; init; }

    /// <summary>A template, as <c>name</c> or <c>name@version</c>: it says whatever this request leaves out.</summary>
    [Audited] public string? Template { get; init; }

    /// <summary>An image in the store by name or id, or a recipe or catalogue entry, which is built or downloaded first. Either this or a golden image, here or in the template.</summary>
    [Audited] public string? Image { get; init; }

    /// <summary>
    /// A golden image by id, by name (its newest ready version) or by NAME@VERSION. Host, memory, CPUs, disks and devices are the golden
    /// image's; a request that asks for others is refused.
    /// </summary>
    [Audited] public string? GoldenImage { get; init; }

    /// <summary>A shell script that runs once, as root, in a machine made from a golden image, when all else is done.</summary>
    public string? FirstBoot { get; init; }

    /// <summary>Host; when left out, the one that fits best is chosen.</summary>
    [Audited] public string? Host { get; init; }

    /// <summary>Labels that the host must have.</summary>
    public IReadOnlyDictionary<string, string> HostLabels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Capabilities that the host must have: <c>snapshots</c>, <c>migration</c>, …</summary>
    [Audited] public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>A network of the host; the driver's own when left out. Excludes forwards.</summary>
    [Audited] public string? Network { get; init; }

    /// <summary>
    /// What the guest may reach; left out: what the server's configuration says, else internet where the host can keep that apart and isolated where it
    /// cannot (GET /hosts tells). Lan is for administrators. Excludes network; only hosts whose hypervisor has modes take the machine.
    /// </summary>
    [Audited] public MachineNetworkMode? NetworkMode { get; init; }

    /// <summary>
    /// Where to alone the guest may connect, in the mode internet, which a list stands for: <c>203.0.113.0/24</c>, <c>203.0.113.7:443</c>,
    /// <c>203.0.113.7:8000-8100/tcp</c>, <c>[2001:db8::1]:443/udp</c>; a port alone is TCP and UDP. <c>names</c> lets it ask the host's name servers, which it
    /// else may not. What internet keeps from guests stays closed. At most 64; kept as the server writes them.
    /// </summary>
    [Audited] public IReadOnlyList<string> Egress { get; init; } = [];

    /// <summary>
    /// What its network may send, and as much again receive, in Mbit/s (10^6 bits), 1 to 100000; left out: no limit, or what the server's configuration
    /// sets for everybody, and no more than that for others than administrators.
    /// </summary>
    [Audited] public int? NetworkMbps { get; init; }

    /// <summary>What all its disks together may read and write, in MiB/s, 1 to 100000; left out: as with networkMbps.</summary>
    [Audited] public int? DiskMiBps { get; init; }

    /// <summary>Reads and writes of all its disks together in a second, 10 to 10000000; left out: as with networkMbps.</summary>
    [Audited] public int? DiskIops { get; init; }

    /// <summary>Options that only one kind of hypervisor knows; only hosts that know all of them take the machine.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Memory in MiB; the image's default when left out.</summary>
    [Audited] public int? MemoryMiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    [Audited] public int? Cpus { get; init; }

    /// <summary>System disk in GiB.</summary>
    [Audited] public int? DiskGiB { get; init; }

    /// <summary>Firmware; BIOS when left out.</summary>
    [Audited] public MachineFirmware? Firmware { get; init; }

    /// <summary>Graphics card; standard VGA when left out.</summary>
    [Audited] public MachineVideo? Video { get; init; }

    /// <summary>Throw the disks away at each stop.</summary>
    [Audited] public bool Ephemeral { get; init; }

    /// <summary>Further disks.</summary>
    public IReadOnlyList<DataDiskSpec> DataDisks { get; init; } = [];

    /// <summary>Names of SSH keys whose public part is put into the guest.</summary>
    [Audited] public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>cloud-init user-data (<c>#cloud-config</c> or a script); merged after what Warren itself sets.</summary>
    public string? UserData { get; init; }

    /// <summary>Ports to open besides SSH.</summary>
    [Audited] public IReadOnlyList<ForwardRequest> Forwards { get; init; } = [];

    /// <summary>Seconds after which its time to live is over.</summary>
    [Audited] public int? TtlSeconds { get; init; }

    /// <summary>What happens to it then; deleted when left out.</summary>
    [Audited] public LifeAction? TtlAction { get; init; }

    /// <summary>What happens to it when nobody uses it. Only hosts with the capability <c>activity</c> can tell.</summary>
    [Audited] public IdlePolicy? Idle { get; init; }

    /// <summary>What happens to it when the last has left its consoles.</summary>
    [Audited] public UnwatchedPolicy? Unwatched { get; init; }

    /// <summary>Record what it shows on its screen while it is on; not recorded when left out. Only hosts with the capability <c>screen</c> can.</summary>
    [Audited] public bool? RecordScreen { get; init; }

    /// <summary>False: create it and leave it off.</summary>
    [Audited] public bool Start { get; init; } = true;
}
