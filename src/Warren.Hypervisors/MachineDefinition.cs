namespace Warren.Hypervisors;

/// <summary>Everything a driver needs to make a machine; complete, so that a driver keeps no state of ours.</summary>
public sealed record MachineDefinition
{
    /// <summary>Our id; lower-case letters and digits only, safe as a folder and domain name.</summary>
    public required string Id { get; init; }

    /// <summary>The user's name for it; a valid RFC 1123 host label.</summary>
    public required string Name { get; init; }

    /// <summary>Guest memory in MiB.</summary>
    public required int MemoryMiB { get; init; }

    /// <summary>Virtual CPUs.</summary>
    public required int Cpus { get; init; }

    /// <summary>The boot medium, already in the store and already checked.</summary>
    public required BootMedium Boot { get; init; }

    /// <summary>Size of the system disk in GiB; the image's own size when that is larger. 0: no system disk (live ISO).</summary>
    public required int DiskGiB { get; init; }

    /// <summary>Firmware: <c>bios</c> or <c>uefi</c>.</summary>
    public Firmware Firmware { get; init; } = Firmware.Bios;

    /// <summary>Graphics card.</summary>
    public VideoCard Video { get; init; } = VideoCard.Std;

    /// <summary>True: writes to the disks are thrown away when the machine stops.</summary>
    public bool Ephemeral { get; init; }

    /// <summary>Further disks, in order.</summary>
    public IReadOnlyList<DataDisk> DataDisks { get; init; } = [];

    /// <summary>The NoCloud seed, or null for guests without cloud-init.</summary>
    public CloudInitSeed? Seed { get; init; }

    /// <summary>Ports of the host that lead into the guest; every one is already reserved for this machine.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>MAC address of the first network card, <c>52:54:00:xx:xx:xx</c>.</summary>
    public required string MacAddress { get; init; }

    /// <summary>A network of the host that the first card is plugged into; null: the driver's default, with <see cref="Forwards"/>.</summary>
    public string? Network { get; init; }

    /// <summary>What the guest may reach through the driver's own network; null: the safest that lets it do its work here, as the driver's facts say.</summary>
    public GuestNetworkMode? NetworkMode { get; init; }

    /// <summary>In the mode internet: where to alone the guest may connect, each as <see cref="GuestDestination"/> writes it; empty: the whole outside.</summary>
    public IReadOnlyList<string> Egress { get; init; } = [];

    /// <summary>What its network card may send, and as much again receive, in Mbit/s (10^6 bits); null: no limit.</summary>
    public int? NetworkMbps { get; init; }

    /// <summary>What all of its disks together may read and write, in MiB/s; null: no limit.</summary>
    public int? DiskMiBps { get; init; }

    /// <summary>Reads and writes of all of its disks together in a second; null: no limit.</summary>
    public int? DiskIops { get; init; }

    /// <summary>What only this driver knows, by the names in <see cref="HypervisorKind.MachineOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>This one, with what may be another at each start while memory or a snapshot holds the rest: forwards, and what it may reach and use.</summary>
    /// <param name="wanted">Where that is from; null: as it is.</param>
    public MachineDefinition Sharing(MachineDefinition? wanted) => wanted is null ? this : this with
    {
        Forwards = wanted.Forwards,
        NetworkMode = wanted.NetworkMode,
        Egress = wanted.Egress,
        NetworkMbps = wanted.NetworkMbps,
        DiskMiBps = wanted.DiskMiBps,
        DiskIops = wanted.DiskIops,
    };
}

/// <summary>What a machine boots from.</summary>
/// <param name="Path">Absolute path of the stored file.</param>
/// <param name="Format">
/// <c>qcow2</c>, <c>raw</c>, <c>iso</c>, or <c>container</c>: an archive of a container image (as <c>docker save</c> writes it)
/// that holds a whole machine.
/// </param>
public sealed record BootMedium(string Path, string Format);

/// <summary>A further disk: an empty one of a size, or an existing file that is attached as it is and outlives the machine.</summary>
/// <param name="SizeGiB">Size of a new empty disk; ignored when <paramref name="ExistingPath"/> is given.</param>
/// <param name="ExistingPath">Absolute path of a checked qcow2 or raw file to attach.</param>
/// <param name="ExistingFormat"><c>qcow2</c> or <c>raw</c>, as found by the check.</param>
public sealed record DataDisk(int SizeGiB, string? ExistingPath = null, string? ExistingFormat = null);

/// <summary>A cloud-init NoCloud seed (volume label <c>cidata</c>).</summary>
/// <param name="InstanceId">A new value makes cloud-init run its per-instance modules again on the next boot.</param>
/// <param name="MetaData">The file <c>meta-data</c>.</param>
/// <param name="UserData">The file <c>user-data</c>.</param>
/// <param name="VendorData">The file <c>vendor-data</c>.</param>
/// <param name="NetworkConfig">The file <c>network-config</c>, or null.</param>
public sealed record CloudInitSeed(string InstanceId, string MetaData, string UserData, string VendorData, string? NetworkConfig = null);

/// <summary>A port of the host that leads to a port of the guest.</summary>
/// <param name="Protocol"><c>tcp</c> or <c>udp</c>.</param>
/// <param name="HostAddress">Address listened on; loopback unless an administrator chose otherwise.</param>
/// <param name="HostPort">Port listened on.</param>
/// <param name="GuestPort">Port in the guest.</param>
public sealed record PortForward(string Protocol, string HostAddress, int HostPort, int GuestPort);

/// <summary>Firmware kinds.</summary>
public enum Firmware
{
    /// <summary>SeaBIOS.</summary>
    Bios,

    /// <summary>OVMF, with its own variable store per machine.</summary>
    Uefi,
}

/// <summary>What a guest reaches beside those who come to it through its forwards.</summary>
public enum GuestNetworkMode
{
    /// <summary>Nothing.</summary>
    Isolated,

    /// <summary>The outside and its names: neither its host at any address, nor other guests, nor private, link-local or metadata addresses.</summary>
    Internet,

    /// <summary>Everything that its host reaches, its host's own loopback included.</summary>
    Lan,
}

/// <summary>Graphics cards.</summary>
public enum VideoCard
{
    /// <summary>VGA with Bochs extensions: works in every guest.</summary>
    Std,

    /// <summary>virtio-vga: needs a driver, resizes.</summary>
    Virtio,
}
