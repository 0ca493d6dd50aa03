namespace Warren.Contracts;

/// <summary>POST /vagrantfiles: a file for Vagrant from a template or a machine. Exactly one of the two is named.</summary>
public sealed record VagrantfileRequest
{
    /// <summary>A template, as <c>name</c> or <c>name@version</c>.</summary>
    public string? Template { get; init; }

    /// <summary>A machine by name or id. What its launch gave cloud-init is not part of the file: it may hold secrets.</summary>
    public string? Machine { get; init; }

    /// <summary>Vagrant's provider: <c>virtualbox</c>, <c>libvirt</c>, <c>hyperv</c>, <c>docker</c>, <c>proxmox</c>; or <c>wsl</c>, which gets a PowerShell script.</summary>
    public required string Hypervisor { get; init; }

    /// <summary>
    /// Box, as <c>user/name</c>; for docker an image, for proxmox the name of a template there, for wsl the path of a root file system (tar, or tar.gz).
    /// Chosen by the image where left out; of an image that Warren knows no box for it must be named.
    /// </summary>
    public string? Box { get; init; }

    /// <summary>Versions of the box: <c>4.3.12</c>, <c>&gt;= 4.0, &lt; 5</c>, <c>~&gt; 4.3</c>.</summary>
    public string? BoxVersion { get; init; }

    /// <summary>Folders that the guest shares with whoever runs Vagrant. None, also not the Vagrantfile's own, when left out.</summary>
    public IReadOnlyList<VagrantFolder> SyncedFolders { get; init; } = [];

    /// <summary>Networks besides the one that Vagrant itself needs.</summary>
    public IReadOnlyList<VagrantNetwork> Networks { get; init; } = [];
}

/// <summary>A shared folder.</summary>
/// <param name="HostPath">Where it is for whoever runs Vagrant; relative to the Vagrantfile, or absolute.</param>
/// <param name="GuestPath">Where the guest finds it: absolute.</param>
public sealed record VagrantFolder(string HostPath, string GuestPath);

/// <summary>A network of a Vagrantfile.</summary>
public sealed record VagrantNetwork
{
    /// <summary><c>private</c>: among the machines of that host; <c>public</c>: bridged to the host's own.</summary>
    public required VagrantNetworkKind Kind { get; init; }

    /// <summary>IPv4 address of the guest; by DHCP when left out.</summary>
    public string? Address { get; init; }

    /// <summary>Which of the host's networks a public one is bridged to; Vagrant asks when left out.</summary>
    public string? Bridge { get; init; }
}

/// <summary>Reach of a network of a Vagrantfile.</summary>
public enum VagrantNetworkKind
{
    /// <summary>Among the machines of that host.</summary>
    Private,

    /// <summary>Bridged to the host's own.</summary>
    Public,
}

/// <summary>Answer to POST /vagrantfiles.</summary>
public sealed record Vagrantfile
{
    /// <summary>What the file is called: <c>Vagrantfile</c>, or for wsl <c>NAME.ps1</c>.</summary>
    public required string FileName { get; init; }

    /// <summary>The file.</summary>
    public required string Text { get; init; }

    /// <summary>What the source says and the file cannot; also at its top.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
