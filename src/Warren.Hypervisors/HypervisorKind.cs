namespace Warren.Hypervisors;

/// <summary>
/// What a driver says of itself: its settings, what it boots, and how a host of it is reached. One of these per driver
/// folder, one line in <see cref="HypervisorRegistration"/>; API, command line and pages are made from it.
/// </summary>
public sealed record HypervisorKind
{
    /// <summary>The word used everywhere: <c>qemu</c>, <c>libvirt</c>, <c>docker</c>, …</summary>
    public required string Name { get; init; }

    /// <summary>Its name as its makers write it.</summary>
    public required string Title { get; init; }

    /// <summary>One sentence: what it reaches and what it needs there.</summary>
    public required string Summary { get; init; }

    /// <summary>What a person states to add such a host.</summary>
    public IReadOnlyList<HostSetting> Settings { get; init; } = [];

    /// <summary>What a machine may state that only this driver knows; keys of <see cref="MachineDefinition.Options"/>.</summary>
    public IReadOnlyList<MachineOption> MachineOptions { get; init; } = [];

    /// <summary>Formats of <see cref="BootMedium.Format"/> it boots.</summary>
    public IReadOnlyList<string> BootFormats { get; init; } = ["qcow2", "raw", "iso"];

    /// <summary>Whether a machine may name a network of its host (<see cref="IHypervisor.Networks"/>).</summary>
    public bool NamedNetworks { get; init; }

    /// <summary>Whether a machine may state what its guest reaches (<see cref="MachineDefinition.NetworkMode"/>).</summary>
    public bool NetworkModes { get; init; }

    /// <summary>Whether a machine may list where to alone its guest connects (<see cref="MachineDefinition.Egress"/>).</summary>
    public bool EgressLists { get; init; }

    /// <summary>Whether a machine's network can be limited (<see cref="MachineDefinition.NetworkMbps"/>).</summary>
    public bool NetworkLimits { get; init; }

    /// <summary>Whether a machine's disks can be limited (<see cref="MachineDefinition.DiskMiBps"/>, <see cref="MachineDefinition.DiskIops"/>).</summary>
    public bool DiskLimits { get; init; }

    /// <summary>
    /// Whether hosts of this kind are added at run time. False where the settings name programs of the server's own
    /// machine: those come from its configuration only.
    /// </summary>
    public bool AddedAtRunTime { get; init; } = true;

    /// <summary>Makes the driver of one host. Touches nothing; the driver's first call does.</summary>
    /// <remarks>Throws <see cref="HypervisorException"/> Rejected when a setting is wrong, naming <c>settings.NAME</c> and the rule.</remarks>
    public required Func<HostConnection, IHypervisor> Connect { get; init; }
}

/// <summary>A setting of a host.</summary>
/// <param name="Name">Key, in camel case.</param>
/// <param name="Help">One sentence for people, with an example where the shape is not obvious.</param>
public sealed record HostSetting(string Name, string Help)
{
    /// <summary>A host cannot be added without it.</summary>
    public bool Required { get; init; }

    /// <summary>Kept encrypted, never shown again.</summary>
    public bool Secret { get; init; }

    /// <summary>What holds when it is not stated.</summary>
    public string? Default { get; init; }

    /// <summary>How it is filled in.</summary>
    public SettingShape Shape { get; init; }
}

/// <summary>How a setting is filled in.</summary>
public enum SettingShape
{
    /// <summary>One line of text.</summary>
    Text,

    /// <summary>Text of several lines: a key, a certificate.</summary>
    Lines,

    /// <summary>Values in order, as <c>name:0</c>, <c>name:1</c>.</summary>
    List,

    /// <summary>Values by key, as <c>name:key</c>.</summary>
    Map,
}

/// <summary>Something a machine may state that only one driver knows.</summary>
/// <param name="Name">Key, in camel case.</param>
/// <param name="Help">One sentence for people.</param>
public sealed record MachineOption(string Name, string Help);
