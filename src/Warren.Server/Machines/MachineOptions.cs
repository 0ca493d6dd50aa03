using Warren.Contracts;

namespace Warren.Server.Machines;

/// <summary>What a machine may have. Changed in configuration under <c>Machines</c>.</summary>
internal sealed record MachineOptions
{
    public int MinimumMemoryMiB { get; init; } = 512;
    public int MaximumMemoryMiB { get; init; } = 4096;
    public int DefaultMemoryMiB { get; init; } = 1024;
    public int MinimumDiskGiB { get; init; } = 5;
    public int MaximumDiskGiB { get; init; } = 100;
    public int DefaultDiskGiB { get; init; } = 10;
    public int MaximumCpus { get; init; } = 8;
    public int DefaultCpus { get; init; } = 2;

    /// <summary>Data disks besides the system disk.</summary>
    public int MaximumDataDisks { get; init; } = 8;

    /// <summary>Ports that lead into one guest.</summary>
    public int MaximumForwards { get; init; } = 32;

    /// <summary>Snapshots that one machine may have.</summary>
    public int SnapshotsPerMachine { get; init; } = 32;

    /// <summary>Longest user-data in characters; cloud-init's own sources take 16 KiB (EC2) to 64 KiB.</summary>
    public int MaximumUserData { get; init; } = 64 * 1024;

    /// <summary>Seconds that a guest gets to shut down before it is switched off.</summary>
    public int StopGraceSeconds { get; init; } = 60;

    /// <summary>Seconds that a guest's agent may be silent whose machine is frozen, or that is to renew a fork. The guest may still be booting, or be busy.</summary>
    public int AgentPatienceSeconds { get; init; } = 300;

    /// <summary>How often running machines with an idle policy are looked at.</summary>
    public TimeSpan ActivityEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// CPU in per cent of one CPU, averaged between two looks, from which on a guest counts as working. An idle Debian 12 with two virtual CPUs takes
    /// 2.2 to 3.5 % under TCG (docs/proven.md, "Figures"), where everything takes longest: three times as much is still far from the whole CPU of a
    /// build or a download.
    /// </summary>
    public double IdleCpuPercent { get; init; } = 10;

    /// <summary>How often hosts are searched for machines that were deleted and are there again.</summary>
    public int LeftoverSearchSeconds { get; init; } = 30;

    /// <summary>Folders of the host whose disk files may be attached to machines; none by default.</summary>
    public IReadOnlyList<string> DiskFolders { get; init; } = [];

    /// <summary>The limits that hold for an image: its own minimum may lie below the general one (tiny guests).</summary>
    public Limits LimitsFor(int? imageMinimumMemoryMiB, Networks.PortOptions ports) => new()
    {
        MemoryMiB = new IntRange(imageMinimumMemoryMiB ?? MinimumMemoryMiB, MaximumMemoryMiB),
        DiskGiB = new IntRange(MinimumDiskGiB, MaximumDiskGiB),
        Cpus = new IntRange(1, MaximumCpus),
        HostPorts = new IntRange(ports.First, ports.Last),
    };
}
