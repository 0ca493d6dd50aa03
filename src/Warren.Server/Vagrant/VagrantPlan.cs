using Warren.Contracts;

namespace Warren.Server.Vagrant;

/// <summary>What a file is written from: everything is decided and checked, and nothing of it is trusted to be without quotes.</summary>
internal sealed record VagrantPlan
{
    public required string Name { get; init; }

    /// <summary>As the file tells where it comes from.</summary>
    public required string Source { get; init; }

    public required string Box { get; init; }
    public string? BoxVersion { get; init; }
    public int? MemoryMiB { get; init; }
    public int? Cpus { get; init; }
    public int? DiskGiB { get; init; }
    public bool Uefi { get; init; }
    public bool VirtioVideo { get; init; }

    /// <summary>Sizes in GiB.</summary>
    public IReadOnlyList<int> DataDisks { get; init; } = [];

    /// <summary>Host ports are all stated and differ.</summary>
    public IReadOnlyList<Forward> Forwards { get; init; } = [];

    public IReadOnlyList<VagrantFolder> Folders { get; init; } = [];
    public IReadOnlyList<VagrantNetwork> Networks { get; init; } = [];
    public IReadOnlyList<Provisioner> Provisioners { get; init; } = [];

    /// <summary>Options of the machine that its own hypervisor knows, where it is the one that the file is for.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the source says and no file can.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>A shell script that prepares the guest, run as root.</summary>
internal sealed record Provisioner(string Name, string Script)
{
    /// <summary>It needs cloud-init in the guest, as no container has.</summary>
    public bool ByCloudInit { get; init; }
}
