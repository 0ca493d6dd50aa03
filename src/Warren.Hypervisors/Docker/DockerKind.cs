using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Warren.Hypervisors.Docker.Engine;

namespace Warren.Hypervisors.Docker;

/// <summary>Docker Engine, and engines that speak its API.</summary>
public static class DockerKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "docker",
        Title = "Docker Engine",
        Summary = "Machines in containers, in the style of dockur/windows and qemus/qemu: needs a Docker Engine with API 1.40 or newer and an image that runs them.",
        Settings =
        [
            new("endpoint", "unix:///var/run/docker.sock, or tcp://name:2376 with certificates.") { Default = "unix:///var/run/docker.sock" },
            new("ca", "For tcp: PEM of the authority that signed the engine's certificate.") { Shape = SettingShape.Lines },
            new("certificate", "For tcp: PEM of the client certificate.") { Shape = SettingShape.Lines },
            new("key", "For tcp: PEM of the client certificate's private key.") { Secret = true, Shape = SettingShape.Lines },
            new("runnerImage", "The image that runs disks and ISOs.") { Default = "qemux/qemu" },
            new("runnerArchive", "An archive of that image on the server, loaded when the engine does not have it: /srv/runner/image.tar."),
            new("accelerator", "auto: KVM when a guest really boots with it there, else TCG; kvm or tcg: that one.") { Default = "auto" },
            new("network", "auto: NAT when a tap device can really be made there, else user mode; nat or user: that one.") { Default = "auto" },
            new("publishAddress", "IPv4 address of the engine's host where screen and remote desktop listen, without a password.") { Default = "127.0.0.1" },
            new("sharedFolders", "Folders of the engine's host whose sub-folders machines may share: sharedFolders:0=/srv/share.") { Shape = SettingShape.List },
            new("stopGrace", "How long a guest has to shut down before it is ended.") { Default = "00:02:00" },
            new("timeout", "How long one answer of the engine may take.") { Default = "00:00:30" },
            new("openFiles", "Limit of open files of a container; 0: the engine's own.") { Default = "0" },
        ],
        MachineOptions =
        [
            new("version", "VERSION of the image: which Windows it installs (11, 10, 2025, …)."),
            new("boot", "BOOT of the image: which distribution it downloads (mint, alpine, …)."),
            new("language", "LANGUAGE of an unattended installation."),
            new("manual", "true: the installation is left to a person (MANUAL)."),
            new("oemFolder", "Folder of the engine's host with install.bat, copied to C:\\OEM by an unattended installation; below a folder of the host's sharedFolders."),
            new("sharedFolder", "Folder of the engine's host that the guest sees as \\\\host.lan\\Data or by 9p; below a folder of the host's sharedFolders."),
        ],
        BootFormats = ["qcow2", "raw", "iso", "container"],
        Connect = connection => new DockerHypervisor(Options(connection), connection.Clock),
    };

    internal static DockerOptions Options(HostConnection connection)
    {
        var defaults = new DockerOptions { Host = connection.Host, Folder = connection.Folder };
        var options = defaults with
        {
            Endpoint = EndpointOf(connection.Text("endpoint")) ?? defaults.Endpoint,
            Authority = connection.Text("ca"),
            Certificate = connection.Text("certificate"),
            Key = connection.Text("key"),
            RunnerImage = ImageName(connection.Text("runnerImage")) ?? defaults.RunnerImage,
            RunnerArchive = connection.Text("runnerArchive"),
            Accelerator = OneOf(connection, "accelerator", "auto", "kvm", "tcg"),
            Network = OneOf(connection, "network", "auto", "nat", "user"),
            PublishAddress = Address(connection.Text("publishAddress")) ?? defaults.PublishAddress,
            SharedFolders = [.. connection.List("sharedFolders").Select(Folder)],
            StopGrace = connection.Time("stopGrace", defaults.StopGrace),
            Timeout = connection.Time("timeout", defaults.Timeout),
            OpenFiles = connection.Number("openFiles", 0, 0, 1 << 20),
        };
        if (options.StopGrace < TimeSpan.FromSeconds(10) || options.StopGrace > TimeSpan.FromHours(1)) throw HostConnection.Wrong("stopGrace", "must be from 00:00:10 to 01:00:00");
        if (options.Timeout < TimeSpan.FromSeconds(1)) throw HostConnection.Wrong("timeout", "must be at least 00:00:01");
        Certificates.Check(options);
        return options;
    }

    private static Uri? EndpointOf(string? text)
    {
        if (text is null) return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri is { Query: "", Fragment: "", UserInfo: "" }
            && (uri.Scheme == "unix" ? uri.Host.Length == 0 && uri.AbsolutePath.Length > 1 : uri is { Scheme: "tcp", Host.Length: > 0, Port: > 0, AbsolutePath: "" or "/" }))
        {
            return uri;
        }

        throw HostConnection.Wrong("endpoint", "must be unix:///path or tcp://name:port");
    }

    private static string OneOf(HostConnection connection, string name, params string[] known) =>
        connection.Text(name) is not { } text ? known[0]
        : known.Contains(text) ? text
        : throw HostConnection.Wrong(name, $"must be {string.Join(" or ", known)}");

    private static string? ImageName(string? text) =>
        text is null || (text.Length <= 255 && text.All(c => char.IsAsciiLetterOrDigit(c) || "./:-_@".Contains(c, StringComparison.Ordinal)))
            ? text
            : throw HostConnection.Wrong("runnerImage", "must be the name of an image, such as qemux/qemu");

    private static string? Address(string? text) =>
        text is null || (IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text)
            ? text
            : throw HostConnection.Wrong("publishAddress", "must be a dotted IPv4 address");

    private static string Folder(string path, int index) =>
        FolderRules.IsCanonical(path) && path != "/"
            ? path
            : throw HostConnection.Wrong(string.Create(CultureInfo.InvariantCulture, $"sharedFolders:{index}"), "must be an absolute, canonical path other than /");
}
