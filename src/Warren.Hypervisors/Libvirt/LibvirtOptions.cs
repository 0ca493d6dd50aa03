using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Libvirt;

/// <summary>How a libvirt host is reached and used.</summary>
internal sealed record LibvirtOptions
{
    /// <summary>Silent keepalive rounds before libvirt closes a connection.</summary>
    internal const uint KeepAliveCount = 3;

    /// <summary>Address for libvirt.</summary>
    public required string Uri { get; init; }

    /// <summary>The address without what follows a question mark, for messages.</summary>
    public string ShownUri => Uri.Split('?')[0];

    /// <summary>A folder of the server for seeds on their way and the verdict on KVM.</summary>
    public required string Folder { get; init; }

    /// <summary>The storage pool of ours.</summary>
    public string Pool { get; init; } = "warren";

    /// <summary>Its folder on the host.</summary>
    public required string PoolPath { get; init; }

    /// <summary>Where libvirt keeps pid files of its QEMU processes on this machine; null for another machine.</summary>
    public string? RunFolder { get; init; }

    /// <summary>The daemon runs on the server's own machine, so that its files are the host's and sockets can be handed over.</summary>
    public bool Local { get; init; } = true;

    /// <summary>Where ssh leads, for the screen; null when the host is not reached by ssh.</summary>
    public SshTarget? Ssh { get; init; }

    /// <summary><c>auto</c>, <c>kvm</c> or <c>tcg</c>.</summary>
    public string Accelerator { get; init; } = "auto";

    /// <summary>How long a look may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a change may take: the first one after the daemon's start probes every QEMU.</summary>
    public TimeSpan ChangeLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Seconds between keepalive messages.</summary>
    public int KeepAliveSeconds { get; init; } = 5;

    /// <summary>Address at which other hosts send running machines to this one; null: the host's own idea of its name.</summary>
    public string? MigrationAddress { get; init; }

    /// <summary>Address at which the daemons of other hosts reach this one, for migration from daemon to daemon; null: not.</summary>
    public string? PeerUri { get; init; }
}
