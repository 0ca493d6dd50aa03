using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Proxmox VE, a node or several of a cluster.</summary>
public static partial class ProxmoxKind
{
    /// <summary>Its description and how it is made.</summary>
    public static HypervisorKind Kind { get; } = new()
    {
        Name = "proxmox",
        Title = "Proxmox VE",
        Summary = "Virtual machines of a Proxmox VE 7, 8 or 9 node or cluster, by its HTTPS API with a token or a user's password.",
        Settings =
        [
            new("address", "Where the API answers: https://pve.example:8006.") { Required = true },
            new("token", "API token: user@realm!name=secret. Either this or user and password.") { Secret = true },
            new("user", "User with realm: warren@pve."),
            new("password", "The user's password.") { Secret = true },
            new("fingerprint", "SHA-256 fingerprint of the certificate that alone is accepted; without it and ca the system's authorities decide."),
            new("ca", "PEM of the authority that alone is trusted, such as the cluster's /etc/pve/pve-root-ca.pem.") { Shape = SettingShape.Lines },
            new("nodes", "Nodes that are this host: nodes:0=pve1. None: every node of the cluster.") { Shape = SettingShape.List },
            new("storage", "Storage of the machines' disks.") { Default = "local-lvm" },
            new("imageStorage", "Storage with the content types import and iso, which images and seeds are uploaded to.") { Default = "local" },
            new("bridge", "Bridge that network cards are plugged into.") { Default = "vmbr0" },
            new("pool", "Resource pool of new machines."),
            new("vmids", "Numbers of new machines, such as 5000-5999; without it the cluster chooses."),
            new("stopGrace", "How long a guest has to shut down before the request to it is given up.") { Default = "00:03:00" },
            new("timeout", "How long one answer may take.") { Default = "00:00:30" },
            new("taskTimeout", "How long a task of the server may take, such as the import of a disk.") { Default = "02:00:00" },
        ],
        MachineOptions =
        [
            new("template", "Number of a template: the machine's disks are cloned from it instead of from the image."),
            new("linked", "true: a linked clone of the template, which shares its disks; else a full one."),
            new("ciUser", "User that the template's cloud-init makes; only without a seed."),
            new("ciKey", "Public SSH key for that user; only without a seed."),
            new("ipConfig", "Address for the template's cloud-init: ip=dhcp, or ip=192.0.2.10/24,gw=192.0.2.1; only without a seed."),
        ],
        BootFormats = ["qcow2", "raw", "iso"],
        Connect = connection => new ProxmoxHypervisor(Options(connection), connection.Clock),
    };

    internal static ProxmoxOptions Options(HostConnection connection)
    {
        var options = new ProxmoxOptions
        {
            Address = AddressOf(connection.Required("address")),
            Folder = connection.Folder,
            Nodes = [.. connection.List("nodes").Select((n, i) => Matching(Node(), n, string.Create(CultureInfo.InvariantCulture, $"nodes:{i}"), "the name of a node")!)],
            Token = Matching(Token(), connection.Text("token"), "token", "user@realm!name=secret"),
            User = Matching(User(), connection.Text("user"), "user", "user@realm"),
            Password = connection.Text("password"),
            Fingerprint = FingerprintOf(connection.Text("fingerprint")),
            Authority = connection.Text("ca"),
            Storage = Matching(Storage(), connection.Text("storage"), "storage", "the name of a storage") ?? "local-lvm",
            ImageStorage = Matching(Storage(), connection.Text("imageStorage"), "imageStorage", "the name of a storage") ?? "local",
            Bridge = Matching(Bridge(), connection.Text("bridge"), "bridge", "the name of a bridge") ?? "vmbr0",
            Pool = Matching(Pool(), connection.Text("pool"), "pool", "the name of a pool"),
            Vmids = Range(connection.Text("vmids")),
            StopGrace = connection.Time("stopGrace", TimeSpan.FromMinutes(3)),
            Timeout = connection.Time("timeout", TimeSpan.FromSeconds(30)),
            TaskTimeout = connection.Time("taskTimeout", TimeSpan.FromHours(2)),
        };
        if (options.Token is null && (options.User is null || options.Password is null)) throw HostConnection.Wrong("token", "must be stated, or user and password");
        if (options.Token is not null && (options.User ?? options.Password) is not null) throw HostConnection.Wrong("token", "or user and password: not both");
        if (options.Fingerprint is not null && options.Authority is not null) throw HostConnection.Wrong("fingerprint", "or ca: not both");
        if (options.Timeout < TimeSpan.FromSeconds(1)) throw HostConnection.Wrong("timeout", "must be at least 00:00:01");
        if (options.TaskTimeout < TimeSpan.FromSeconds(1)) throw HostConnection.Wrong("taskTimeout", "must be at least 00:00:01");
        ProxmoxTls.Check(options);
        return options;
    }

    private static Uri AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri is { Scheme: "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/", Host.Length: > 0 }
            ? uri
            : throw HostConnection.Wrong("address", "must be https://name:8006, without a path");

    private static string? Matching(Regex shape, string? text, string name, string what) =>
        // The text is left out of the message: it could be a secret.
        text is null || shape.IsMatch(text) ? text : throw HostConnection.Wrong(name, $"must be {what}");

    private static string? FingerprintOf(string? text)
    {
        if (text is null) return null;
        var digits = text.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit) ? digits : throw HostConnection.Wrong("fingerprint", "must be 64 hexadecimal digits (SHA-256), with or without colons");
    }

    private static (int, int)? Range(string? text)
    {
        if (text is null) return null;
        var match = Vmids().Match(text);
        // pve-vmid: 100 to 999999999.
        if (match.Success
            && int.Parse(match.Groups["first"].ValueSpan, CultureInfo.InvariantCulture) is >= 100 and var first
            && int.Parse(match.Groups["last"].ValueSpan, CultureInfo.InvariantCulture) is var last && last >= first)
        {
            return (first, last);
        }

        throw HostConnection.Wrong("vmids", "must be a range such as 5000-5999, from 100 on");
    }

    [GeneratedRegex(@"\A[^\s:/@!=\x00-\x1f\x7f-\uffff]{1,64}@[A-Za-z][A-Za-z0-9.\-_]{1,31}![A-Za-z][A-Za-z0-9.\-_]{0,126}=[0-9A-Za-z-]{8,64}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();

    [GeneratedRegex(@"\A[^\s:/@!\x00-\x1f]{1,60}@[A-Za-z][A-Za-z0-9.\-_]{1,31}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex User();

    [GeneratedRegex(@"\A[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Node();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9._-]{0,98}[A-Za-z0-9]\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Storage();

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_.]{1,20}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bridge();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}(/[A-Za-z0-9._-]{1,64}){0,2}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Pool();

    [GeneratedRegex(@"\A(?<first>[0-9]{3,9})-(?<last>[0-9]{3,9})\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Vmids();
}
