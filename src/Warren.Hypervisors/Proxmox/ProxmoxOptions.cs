namespace Warren.Hypervisors.Proxmox;

/// <summary>How one Proxmox VE host is reached and what machines on it get; <see cref="ProxmoxKind"/> makes it from settings.</summary>
public sealed record ProxmoxOptions
{
    /// <summary>Where the API answers: <c>https://pve.example:8006</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>A folder of the server for this host: seeds on their way.</summary>
    public required string Folder { get; init; }

    /// <summary>Nodes of the cluster that are this host; empty: all of them.</summary>
    public IReadOnlyList<string> Nodes { get; init; } = [];

    /// <summary>API token, <c>USER@REALM!NAME=SECRET</c>; or null where there is a user.</summary>
    public string? Token { get; init; }

    /// <summary>User with realm, or null where there is a token.</summary>
    public string? User { get; init; }

    /// <summary>Its password; never logged or shown.</summary>
    public string? Password { get; init; }

    /// <summary>SHA-256 of the certificate that alone is accepted, 64 upper-case hexadecimal digits; or null.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>PEM of the authority that alone is trusted; or null.</summary>
    public string? Authority { get; init; }

    /// <summary>Storage of the machines' disks.</summary>
    public string Storage { get; init; } = "local-lvm";

    /// <summary>Storage that images, ISOs and seeds are uploaded to.</summary>
    public string ImageStorage { get; init; } = "local";

    /// <summary>Bridge that network cards are plugged into.</summary>
    public string Bridge { get; init; } = "vmbr0";

    /// <summary>Resource pool of new machines, or null.</summary>
    public string? Pool { get; init; }

    /// <summary>First and last number of new machines; null: the cluster's own choice.</summary>
    public (int First, int Last)? Vmids { get; init; }

    /// <summary>How long a guest has to shut down before the request to it is given up.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long one answer may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a task of the server may take: an import or a move of a large disk.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Longest pause between two looks at a task; the first ones come sooner.</summary>
    internal TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What tells this host from others.</summary>
    internal string Place => $"proxmox {Address}";
}
