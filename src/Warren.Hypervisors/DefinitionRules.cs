using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Warren.Hypervisors;

/// <summary>
/// What every driver insists on before it acts. The server checks user input with better messages; this is the last
/// gate before values become file names and program arguments.
/// </summary>
public static partial class DefinitionRules
{
    /// <summary>Longest machine id in characters; keeps socket paths inside the 107 bytes of <c>sun_path</c>.</summary>
    public const int LongestId = 40;

    /// <summary>Largest limits that are limits; and fewer operations of its disks than this do not boot a guest in any time that somebody waits.</summary>
    public const int MostMbps = 100_000, MostDiskMiBps = 100_000, MostDiskIops = 10_000_000, FewestDiskIops = 10;

    /// <summary>Insists on an id that is safe as a file and domain name: 1-40 lower-case letters and digits.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    public static void CheckId(string id)
    {
        if (!IsId(id)) Refuse("id", $"must be 1-{LongestId} lower-case letters and digits");
    }

    /// <summary>Whether a text is such an id.</summary>
    public static bool IsId(string id) => id is not null && Id().IsMatch(id);

    /// <summary>The first thing in which two definitions differ that a running machine's memory and devices know of.</summary>
    internal static (string Name, string Then, string Now)? Difference(MachineDefinition then, MachineDefinition now)
    {
        (string Name, string Then, string Now)[] parts =
        [
            ("memoryMiB", $"{then.MemoryMiB}", $"{now.MemoryMiB}"), ("cpus", $"{then.Cpus}", $"{now.Cpus}"), ("firmware", $"{then.Firmware}", $"{now.Firmware}"),
            ("video", $"{then.Video}", $"{now.Video}"), ("dataDisks", $"{then.DataDisks.Count}", $"{now.DataDisks.Count}"),
        ];
        return parts.FirstOrDefault(p => p.Then != p.Now) is { Name: not null } other ? other : null;
    }

    /// <summary>Insists on a definition without contradictions and without values that could be read as options.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the field and the rule.</exception>
    public static void Check(MachineDefinition definition)
    {
        CheckId(definition.Id);
        if (!HostLabel().IsMatch(definition.Name)) Refuse("name", "must be an RFC 1123 label: 1-63 of a-z, 0-9 and inner hyphens");
        if (definition.MemoryMiB is < 16 or > 16 * 1024 * 1024) Refuse("memoryMiB", "must be 16 to 16777216");
        if (definition.Cpus is < 1 or > 255) Refuse("cpus", "must be 1 to 255");
        if (definition.DiskGiB is < 0 or > 64 * 1024) Refuse("diskGiB", "must be 0 to 65536");
        if (!Mac().IsMatch(definition.MacAddress)) Refuse("macAddress", "must look like 52:54:00:12:34:56");
        if (definition.Boot.Format is not ("qcow2" or "raw" or "iso" or "container")) Refuse("boot.format", "must be qcow2, raw, iso or container");
        CheckPath("boot.path", definition.Boot.Path);
        foreach (var disk in definition.DataDisks) Check(disk);
        foreach (var forward in definition.Forwards) Check(forward);
        if (definition.Network is { } network) CheckNetwork(network);
        CheckLimits(definition);
    }

    /// <summary>Insists that a driver boots the format and knows every option.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the field and what is known.</exception>
    public static void Check(MachineDefinition definition, HypervisorKind kind)
    {
        Check(definition);
        if (!kind.BootFormats.Contains(definition.Boot.Format))
            Refuse("boot.format", $"{definition.Boot.Format} is not booted by {kind.Title}; it boots {string.Join(", ", kind.BootFormats)}");
        if (definition.Network is not null && !kind.NamedNetworks) Refuse("network", $"cannot be chosen: {kind.Title} has its own");
        if (definition.NetworkMode is not null && !kind.NetworkModes) Refuse("networkMode", $"is not in the driver: {kind.Title} has no network modes");
        if (definition.Egress.Count > 0 && !kind.EgressLists) Refuse("egress", $"is not in the driver: {kind.Title} has no lists of destinations");
        if (definition.NetworkMbps is not null && !kind.NetworkLimits) Refuse("networkMbps", $"is not in the driver: {kind.Title} limits no networks");
        if (definition.NetworkMbps is not null && definition.Network is not null) Refuse("networkMbps", "needs the default network");
        if (definition.DiskMiBps is not null && !kind.DiskLimits) Refuse("diskMiBps", $"is not in the driver: {kind.Title} limits no disks");
        if (definition.DiskIops is not null && !kind.DiskLimits) Refuse("diskIops", $"is not in the driver: {kind.Title} limits no disks");
        if (definition.Network is not null && definition.Forwards.Count > 0) Refuse("forwards", "need the default network");
        foreach (var (name, value) in definition.Options)
        {
            if (kind.MachineOptions.All(o => o.Name != name))
                Refuse($"options.{name}", kind.MachineOptions.Count == 0 ? $"is not known: {kind.Title} has no options" : $"is not known; known: {string.Join(", ", kind.MachineOptions.Select(o => o.Name))}");
            if (value.Length > 4096 || value.Any(char.IsControl)) Refuse($"options.{name}", "must be at most 4096 characters without control characters");
        }
    }

    /// <summary>Insists on a network name that is safe as the name of an interface.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    public static void CheckNetwork(string name)
    {
        if (!Network().IsMatch(name)) Refuse("network", "must be 1-15 of a-z, 0-9 and inner hyphens");
    }

    /// <summary>Insists on a storage pool's name that is safe as a file name, and on its folder's path where one is given.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    public static void CheckStorage(string name, string? path = null)
    {
        if (!HostLabel().IsMatch(name)) Refuse("storage", "must be 1-63 of a-z, 0-9 and inner hyphens");
        if (path is not null) CheckPath("path", path);
    }

    private static void CheckLimits(MachineDefinition definition)
    {
        if (definition.Egress.Count > 0 && definition.NetworkMode != GuestNetworkMode.Internet) Refuse("egress", "needs networkMode internet");
        if (definition.Egress.Count > GuestDestination.Most) Refuse("egress", $"must be at most {GuestDestination.Most}");
        if (definition.Egress.Any(e => GuestDestination.Read(e) is not { } read || $"{read}" != e)) Refuse("egress", $"must be like {GuestDestination.Shape}");
        if (definition.NetworkMbps is < 1 or > MostMbps) Refuse("networkMbps", $"must be 1 to {MostMbps}");
        if (definition.DiskMiBps is < 1 or > MostDiskMiBps) Refuse("diskMiBps", $"must be 1 to {MostDiskMiBps}");
        if (definition.DiskIops is < FewestDiskIops or > MostDiskIops) Refuse("diskIops", $"must be {FewestDiskIops} to {MostDiskIops}");
    }

    private static void Check(DataDisk disk)
    {
        if (disk.ExistingPath is null)
        {
            if (disk.SizeGiB is < 1 or > 64 * 1024) Refuse("dataDisks.sizeGiB", "must be 1 to 65536");
            return;
        }

        CheckPath("dataDisks.existingPath", disk.ExistingPath);
        if (disk.ExistingFormat is not ("qcow2" or "raw")) Refuse("dataDisks.existingFormat", "must be qcow2 or raw");
    }

    private static void Check(PortForward forward)
    {
        if (forward.Protocol is not ("tcp" or "udp")) Refuse("forwards.protocol", "must be tcp or udp");
        if (forward.HostPort is < 1 or > 65535) Refuse("forwards.hostPort", "must be 1 to 65535");
        if (forward.GuestPort is < 1 or > 65535) Refuse("forwards.guestPort", "must be 1 to 65535");
        if (!IPAddress.TryParse(forward.HostAddress, out var address)
            || address.AddressFamily != AddressFamily.InterNetwork
            || address.ToString() != forward.HostAddress)
        {
            Refuse("forwards.hostAddress", "must be a dotted IPv4 address");
        }
    }

    private static void CheckPath(string field, string path)
    {
        if (!Path.IsPathFullyQualified(path) || Path.GetFullPath(path) != path || path.Any(char.IsControl))
            Refuse(field, "must be an absolute, canonical path without control characters");
    }

    private static void Refuse(string field, string rule) =>
        throw new HypervisorException(HypervisorErrorKind.Rejected, $"{field} {rule}");

    [GeneratedRegex(@"\A[a-z0-9]{1,40}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostLabel();

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Network();

    [GeneratedRegex(@"\A[0-9a-f]{2}(:[0-9a-f]{2}){5}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Mac();
}
