namespace Warren.Hypervisors.Docker;

/// <summary>How one engine is reached and what machines on it may have; <see cref="DockerKind"/> makes it from settings.</summary>
public sealed record DockerOptions
{
    /// <summary>The host's name: the value of the label that marks what is ours.</summary>
    public required string Host { get; init; }

    /// <summary>A folder of the server for this host: verdicts of probes, seeds on their way.</summary>
    public required string Folder { get; init; }

    /// <summary><c>unix:///var/run/docker.sock</c> or <c>tcp://name:2376</c>.</summary>
    public Uri Endpoint { get; init; } = new("unix:///var/run/docker.sock");

    /// <summary>What tells this engine, as this host, from others.</summary>
    internal string Place => $"{Endpoint} {Host}";

    /// <summary>PEM of the authority that signed the engine's certificate; needed for tcp.</summary>
    public string? Authority { get; init; }

    /// <summary>PEM of the client certificate; needed for tcp.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM of its private key; never logged or shown.</summary>
    public string? Key { get; init; }

    /// <summary>The container image that runs disks and ISOs.</summary>
    public string RunnerImage { get; init; } = "qemux/qemu";

    /// <summary>An archive of that image on the server, loaded when the engine does not have it; or null.</summary>
    public string? RunnerArchive { get; init; }

    /// <summary><c>auto</c>: KVM when a guest really boots with it there; <c>kvm</c> or <c>tcg</c>: that.</summary>
    public string Accelerator { get; init; } = "auto";

    /// <summary><c>auto</c>: the image's own NAT when a tap device can really be made there; <c>nat</c> or <c>user</c>: that.</summary>
    public string Network { get; init; } = "auto";

    /// <summary>IPv4 address of the engine's host where screen and remote desktop are published.</summary>
    public string PublishAddress { get; init; } = "127.0.0.1";

    /// <summary>Folders of the engine's host whose sub-folders machines may share.</summary>
    public IReadOnlyList<string> SharedFolders { get; init; } = [];

    /// <summary>How long a guest has to shut down before it is ended.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one answer of the engine may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Limit of open files of a container, or 0 for the engine's own; some engines may not raise theirs.</summary>
    public long OpenFiles { get; init; }

    /// <summary>Whether the engine runs where the server runs, so that it sees the same files.</summary>
    public bool IsLocal => Endpoint.Scheme == "unix";
}
