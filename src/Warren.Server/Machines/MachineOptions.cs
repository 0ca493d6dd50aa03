using Warren.Contracts;
using Warren.Hypervisors;

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

    /// <summary>What guests reach whose machine does not say it; null: what their host can keep apart (GET /hosts). Lan opens the host's network to everybody's guests.</summary>
    public MachineNetworkMode? NetworkMode { get; init; }

    /// <summary>
    /// What the network of each machine of people who are no administrators may send, and as much again receive, in Mbit/s; null: no limit. They may ask for less
    /// and not for more.
    /// </summary>
    public int? NetworkMbps { get; init; }

    /// <summary>The same of what a machine's disks together read and write, in MiB/s.</summary>
    public int? DiskMiBps { get; init; }

    /// <summary>The same of reads and writes of a machine's disks together in a second.</summary>
    public int? DiskIops { get; init; }

    /// <summary>Folders of the host whose disk files may be attached to machines; none by default.</summary>
    public IReadOnlyList<string> DiskFolders { get; init; } = [];

    /// <summary>What is configured.</summary>
    /// <exception cref="InvalidOperationException">A limit that no machine could start with, by its name.</exception>
    public static MachineOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Machines").Get<MachineOptions>() ?? new MachineOptions();
        Check("NetworkMbps", options.NetworkMbps, 1, DefinitionRules.MostMbps);
        Check("DiskMiBps", options.DiskMiBps, 1, DefinitionRules.MostDiskMiBps);
        Check("DiskIops", options.DiskIops, DefinitionRules.FewestDiskIops, DefinitionRules.MostDiskIops);
        return options;

        static void Check(string name, int? value, int least, int most)
        {
            if (value < least || value > most) throw new InvalidOperationException($"Machines:{name} is {value}; it must be {least} to {most}, or left out for no limit");
        }
    }

    /// <summary>The limits that hold for an image: its own minimum may lie below the general one (tiny guests).</summary>
    public Limits LimitsFor(int? imageMinimumMemoryMiB, Networks.PortOptions ports) => new()
    {
        MemoryMiB = new IntRange(imageMinimumMemoryMiB ?? MinimumMemoryMiB, MaximumMemoryMiB),
        DiskGiB = new IntRange(MinimumDiskGiB, MaximumDiskGiB),
        Cpus = new IntRange(1, MaximumCpus),
        HostPorts = new IntRange(ports.First, ports.Last),
        NetworkMbps = NetworkMbps,
        DiskMiBps = DiskMiBps,
        DiskIops = DiskIops,
    };
}
