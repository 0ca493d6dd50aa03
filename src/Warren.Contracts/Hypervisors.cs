namespace Warren.Contracts;

/// <summary>A kind of hypervisor that the server has a driver for.</summary>
public sealed record Hypervisor
{
    /// <summary>The word used everywhere.</summary>
    public required string Name { get; init; }

    /// <summary>Its name as its makers write it.</summary>
    public required string Title { get; init; }

    /// <summary>What it reaches and what it needs there.</summary>
    public required string Summary { get; init; }

    /// <summary>Whether hosts of this kind can be added by POST /hosts; else they come from the server's configuration.</summary>
    public required bool Addable { get; init; }

    /// <summary>What is stated to add a host.</summary>
    public IReadOnlyList<HypervisorSetting> Settings { get; init; } = [];

    /// <summary>What a machine may state that only this kind knows.</summary>
    public IReadOnlyList<HypervisorOption> MachineOptions { get; init; } = [];

    /// <summary>Formats of images it boots.</summary>
    public IReadOnlyList<string> BootFormats { get; init; } = [];

    /// <summary>Whether a machine may name a network of its host.</summary>
    public bool NamedNetworks { get; init; }

    /// <summary>Whether a machine may state what its guest reaches: a network mode.</summary>
    public bool NetworkModes { get; init; }

    /// <summary>Whether a machine may list where to alone its guest connects: egress.</summary>
    public bool EgressLists { get; init; }

    /// <summary>Whether a machine's network can be limited: networkMbps.</summary>
    public bool NetworkLimits { get; init; }

    /// <summary>Whether a machine's disks can be limited: diskMiBps, diskIops.</summary>
    public bool DiskLimits { get; init; }
}

/// <summary>A setting of a host.</summary>
/// <param name="Name">Key.</param>
/// <param name="Help">One sentence for people.</param>
/// <param name="Required">A host cannot be added without it.</param>
/// <param name="Secret">Kept encrypted and never shown again.</param>
/// <param name="Shape">How it is filled in.</param>
/// <param name="Default">What holds when it is not stated.</param>
public sealed record HypervisorSetting(string Name, string Help, bool Required, bool Secret, SettingShape Shape, string? Default = null);

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

/// <summary>Something a machine may state that only one kind of hypervisor knows.</summary>
/// <param name="Name">Key.</param>
/// <param name="Help">One sentence for people.</param>
public sealed record HypervisorOption(string Name, string Help);
