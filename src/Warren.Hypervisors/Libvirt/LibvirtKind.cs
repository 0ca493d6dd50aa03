using System.Text.RegularExpressions;
using Warren.Hypervisors.Libvirt.Machines;

namespace Warren.Hypervisors.Libvirt;

/// <summary>A libvirt daemon with QEMU, on the server's machine or another.</summary>
public static partial class LibvirtKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "libvirt",
        Title = "libvirt",
        Summary = "QEMU under a libvirt daemon, on the server's machine or on others by ssh or TLS; needs the library libvirt0 on the server's machine.",
        Settings =
        [
            new("uri", "The daemon: qemu:///system, qemu:///session, qemu+ssh://user@host/system or qemu+tls://host/system.") { Required = true },
            new("pool", "Storage pool for our disks; made when missing.") { Default = "warren" },
            new("poolPath", "Folder of that pool on the host.") { Default = "/var/lib/libvirt/warren" },
            new("accelerator", "auto: KVM when a guest really boots with it, else TCG; kvm or tcg: that one.") { Default = "auto" },
            new("timeout", "How long the daemon may take to answer a question.") { Default = "00:00:15" },
            new("migrationAddress", "Address at which other hosts send running machines to this one; the host's own name when not stated."),
            new("peerUri", "Address at which the daemons of other hosts reach this one, such as qemu+tls://host/system: then machines move from daemon to daemon."),
        ],
        MachineOptions =
        [
            new(PciAddress.Option, "PCI devices of the host handed to the machine, such as a graphics card: 0000:01:00.0,0000:01:00.1."),
        ],
        NamedNetworks = true,
        Connect = Connect,
    };

    private static LibvirtHypervisor Connect(HostConnection connection)
    {
        if (!OperatingSystem.IsLinux()) throw new HypervisorException(HypervisorErrorKind.Unsupported, "the driver libvirt runs on Linux only");
        return new LibvirtHypervisor(Options(connection), connection.Clock);
    }

    /// <summary>Settings, checked.</summary>
    internal static LibvirtOptions Options(HostConnection connection)
    {
        var uri = LibvirtUri.Parse(connection.Required("uri"));
        var accelerator = connection.Text("accelerator") ?? "auto";
        if (accelerator is not ("auto" or "kvm" or "tcg")) throw HostConnection.Wrong("accelerator", "must be auto, kvm or tcg");
        var pool = connection.Text("pool") ?? "warren";
        CheckPool("settings.pool", pool);
        var path = connection.Text("poolPath") ?? PoolPath(uri);
        CheckFolder("settings.poolPath", path);
        if (connection.Text("migrationAddress") is { } address && !Address().IsMatch(address))
            throw HostConnection.Wrong("migrationAddress", "must be a host name or address");
        if (connection.Text("peerUri") is { } peer) _ = LibvirtUri.Parse(peer);
        return new LibvirtOptions
        {
            Uri = uri.Text,
            Folder = connection.Folder,
            Pool = pool,
            PoolPath = path,
            Local = uri.Local,
            RunFolder = RunFolder(uri),
            Ssh = uri.Ssh,
            Accelerator = accelerator,
            Limit = connection.Time("timeout", TimeSpan.FromSeconds(15)) is { Ticks: > 0 } limit ? limit : throw HostConnection.Wrong("timeout", "must be more than nothing"),
            MigrationAddress = connection.Text("migrationAddress"),
            PeerUri = connection.Text("peerUri"),
        };
    }

    /// <summary>Insists on a pool name that is safe everywhere.</summary>
    internal static void CheckPool(string field, string name)
    {
        if (!Name().IsMatch(name)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"{field} must be 1-40 of a-z, 0-9 and inner hyphens");
    }

    /// <summary>Insists on an absolute, canonical folder.</summary>
    internal static void CheckFolder(string field, string path)
    {
        if (!Path.IsPathFullyQualified(path) || path == "/" || Path.GetFullPath(path) != path || path.Any(char.IsControl))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"{field} must be an absolute, canonical path without control characters");
    }

    private static string PoolPath(LibvirtUri uri)
    {
        if (!uri.Session) return "/var/lib/libvirt/warren";
        if (!uri.Local) throw HostConnection.Wrong("poolPath", "must be stated for another machine's session daemon");
        return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/libvirt/warren");
    }

    /// <summary>Where QEMU's pid files are: runstatedir/libvirt/qemu of the system's daemon, XDG_RUNTIME_DIR of the user's.</summary>
    private static string? RunFolder(LibvirtUri uri) => uri switch
    {
        { Local: false } => null,
        { Session: false } => "/run/libvirt/qemu",
        _ => Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } run ? Path.Combine(run, "libvirt/qemu/run") : null,
    };

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Address();
}
