using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Networks;
using Warren.Server.Templates.CloudConfig;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>Checks a launch request and fills in what it leaves out.</summary>
internal sealed partial class LaunchRules(MachineOptions options, PortOptions ports)
{
    /// <summary>Disk of a guest that keeps nothing on it: enough to be a disk.</summary>
    private const int SmallestDefaultDisk = 5;

    /// <summary>Checks what does not depend on the image.</summary>
    /// <exception cref="Operations.RefusedException">Rules are broken; all of them are named.</exception>
    public void CheckShape(LaunchRequest request)
    {
        var limits = options.LimitsFor(null, ports);
        var check = new Check();
        check.That(request.Image is null != request.GoldenImage is null, "image", "give one of image and goldenImage, or a template that names one");
        check.That(request.FirstBoot is null || request.GoldenImage is not null, "firstBoot", "goes with goldenImage; a machine that boots from an image takes userData");
        check.That(request.Name is null || Names.IsHostLabel(request.Name), "name", Names.HostLabelRule);
        check.That(request.MemoryMiB is null || (request.MemoryMiB > 0 && request.MemoryMiB <= limits.MemoryMiB.Maximum), "memoryMiB", $"{limits.MemoryMiB.Minimum} to {limits.MemoryMiB.Maximum} MiB");
        check.InRange(request.Cpus, limits.Cpus, "cpus", "CPUs");
        check.That(request.DiskGiB is null or 0 || request.DiskGiB <= limits.DiskGiB.Maximum, "diskGiB", $"{limits.DiskGiB.Minimum} to {limits.DiskGiB.Maximum} GiB");
        check.That(request.UserData is null || request.UserData.Length <= options.MaximumUserData, "userData", $"at most {options.MaximumUserData} characters");
        check.That(request.UserData is null || !request.UserData.Contains('\0'), "userData", "no NUL characters");
        CheckPersonal(check, request.Keys, request.FirstBoot, request.TtlSeconds, options);
        Lifetimes.Check(check, request);
        CheckForwards(check, request.Forwards);
        CheckDisks(check, request.DataDisks, limits.DiskGiB);
        CheckWishes(check, request);
        CheckReach(check, request);
        check.Throw();
        CloudConfigCheck.Demand(request.UserData, "userData");
    }

    /// <summary>Checks what a launch and a fork both take.</summary>
    public static void CheckPersonal(Check check, IReadOnlyList<string> keys, string? firstBoot, int? ttlSeconds, MachineOptions options)
    {
        check.That(keys.Count <= 32, "keys", "at most 32");
        check.That(firstBoot is null || (firstBoot.Length <= options.MaximumUserData && !firstBoot.Contains('\0')), "firstBoot", $"at most {options.MaximumUserData} characters, no NUL");
        check.That(ttlSeconds is null or (>= Lifetimes.ShortestTtl and <= Lifetimes.Longest), "ttlSeconds", $"{Lifetimes.ShortestTtl} to {Lifetimes.Longest} (one year)");
    }

    /// <summary>The spec that the machine will have.</summary>
    /// <exception cref="Operations.RefusedException">Rules that depend on the image are broken.</exception>
    public MachineSpec Decide(LaunchRequest request, int? imageMinimumMemoryMiB, int? imageDefaultMemoryMiB, bool imageIsIso)
    {
        var limits = options.LimitsFor(imageMinimumMemoryMiB, ports);
        var check = new Check();
        check.InRange(request.MemoryMiB, limits.MemoryMiB, "memoryMiB", "MiB");
        if (!(imageIsIso && request.DiskGiB == 0)) check.InRange(request.DiskGiB, limits.DiskGiB, "diskGiB", "GiB");
        check.Throw();
        return new MachineSpec
        {
            MemoryMiB = request.MemoryMiB ?? imageDefaultMemoryMiB ?? Math.Max(options.DefaultMemoryMiB, imageMinimumMemoryMiB ?? 0),
            Cpus = request.Cpus ?? Math.Min(options.DefaultCpus, options.MaximumCpus),
            DiskGiB = request.DiskGiB ?? Math.Max(SmallestDefaultDisk, options.DefaultDiskGiB),
            Firmware = request.Firmware ?? MachineFirmware.Bios,
            Video = request.Video ?? MachineVideo.Std,
            Ephemeral = request.Ephemeral,
            DataDisks = [.. request.DataDisks.Select(d => d.Path is null ? d : d with { Path = Path.GetFullPath(d.Path) })],
            Network = request.Network,
            NetworkMode = ModeOf(request),
            Egress = EgressRules.Canonical(request.Egress),
            NetworkMbps = request.NetworkMbps,
            DiskMiBps = request.DiskMiBps,
            DiskIops = request.DiskIops,
            Options = request.Options,
        };
    }

    /// <summary>A list is one of what is open on the outside.</summary>
    public static MachineNetworkMode? ModeOf(LaunchRequest request) => request.NetworkMode ?? (request.Egress.Count > 0 ? MachineNetworkMode.Internet : null);

    /// <summary>What the guest may reach and how much it may use.</summary>
    private static void CheckReach(Check check, LaunchRequest request)
    {
        var mistake = EgressRules.Mistake(request.Egress);
        check.That(mistake is null, "egress", mistake ?? "");
        check.That(request.Egress.Count == 0 || request.Network is null, "egress", "needs the host's default network; leave out one of egress and network");
        check.That(request.Egress.Count == 0 || ModeOf(request) == MachineNetworkMode.Internet, "egress", "needs networkMode internet");
        check.That(request.NetworkMbps is null || request.Network is null, "networkMbps", "needs the host's default network; leave out one of networkMbps and network");
        check.InRange(request.NetworkMbps, new IntRange(1, Hypervisors.DefinitionRules.MostMbps), "networkMbps", "Mbit/s");
        check.InRange(request.DiskMiBps, new IntRange(1, Hypervisors.DefinitionRules.MostDiskMiBps), "diskMiBps", "MiB/s");
        check.InRange(request.DiskIops, new IntRange(Hypervisors.DefinitionRules.FewestDiskIops, Hypervisors.DefinitionRules.MostDiskIops), "diskIops", "a second");
    }

    /// <summary>What the configuration lets people have who are no administrators.</summary>
    /// <exception cref="Operations.RefusedException">It is more.</exception>
    public void CheckShare(LaunchRequest request)
    {
        var check = new Check();
        AtMost(request.NetworkMbps, options.NetworkMbps, "networkMbps", "Mbit/s");
        AtMost(request.DiskMiBps, options.DiskMiBps, "diskMiBps", "MiB/s");
        AtMost(request.DiskIops, options.DiskIops, "diskIops", "a second");
        check.Throw();

        void AtMost(int? asked, int? most, string field, string unit) =>
            check.That(asked is null || most is null || asked <= most, field, $"at most {most} {unit}, which is set for everybody on this server");
    }

    /// <summary>What is asked of the host. Whether a host knows a network or an option is the placement's to say.</summary>
    private static void CheckWishes(Check check, LaunchRequest request)
    {
        check.That(request.Network is null || Network().IsMatch(request.Network), "network", "1 to 15 characters of a-z, 0-9 and inner '-'");
        check.That(request.Network is null || request.Forwards.Count == 0, "forwards", "need the host's default network; leave out one of forwards and network");
        check.That(request.Network is null || request.NetworkMode is null, "networkMode", "needs the host's default network; leave out one of networkMode and network");
        check.That(request.Options.Count <= 32, "options", "at most 32");
        foreach (var (name, value) in request.Options)
            check.That(name.Length is >= 1 and <= 100 && value is { Length: <= 4096 } && !value.Any(char.IsControl), $"options.{name}", "at most 4096 characters, no control characters");
        check.That(request.HostLabels.Count <= 32, "hostLabels", "at most 32");
        foreach (var required in request.Requires.Where(r => !Hypervisors.Capabilities.All.Contains(r)))
            check.That(false, "requires", $"'{required}' is not known; known: {string.Join(", ", Hypervisors.Capabilities.All)}");
    }

    private void CheckForwards(Check check, IReadOnlyList<ForwardRequest> forwards)
    {
        check.That(forwards.Count <= options.MaximumForwards, "forwards", $"at most {options.MaximumForwards}");
        for (var i = 0; i < forwards.Count; i++)
        {
            check.That(forwards[i].Protocol is "tcp" or "udp", $"forwards[{i}].protocol", "tcp or udp");
            check.That(forwards[i].GuestPort is >= 1 and <= 65535, $"forwards[{i}].guestPort", "1 to 65535");
            check.That(forwards[i].HostPort is null || (forwards[i].HostPort >= ports.First && forwards[i].HostPort <= ports.Last),
                $"forwards[{i}].hostPort", $"{ports.First} to {ports.Last}, the configured range");
        }

        check.That(forwards.Where(f => f.HostPort is not null).GroupBy(f => (f.Protocol, f.HostPort)).All(g => g.Count() == 1), "forwards", "each hostPort once");
        check.That(forwards.GroupBy(f => (f.Protocol, f.GuestPort)).All(g => g.Count() == 1), "forwards", "each guestPort once per protocol");
    }

    private void CheckDisks(Check check, IReadOnlyList<DataDiskSpec> disks, IntRange sizes)
    {
        check.That(disks.Count <= options.MaximumDataDisks, "dataDisks", $"at most {options.MaximumDataDisks}");
        for (var i = 0; i < disks.Count; i++)
        {
            var disk = disks[i];
            check.That(disk.SizeGiB is null != disk.Path is null, $"dataDisks[{i}]", "either sizeGiB or path");
            check.InRange(disk.SizeGiB, new IntRange(1, sizes.Maximum), $"dataDisks[{i}].sizeGiB", "GiB");
            if (disk.Path is not null)
                check.That(IsAllowed(disk.Path), $"dataDisks[{i}].path", "a file within one of the folders that the administrator allowed (Machines:DiskFolders)");
        }
    }

    /// <summary>Within an allowed folder after every link has been followed.</summary>
    private bool IsAllowed(string path)
    {
        if (!Path.IsPathFullyQualified(path) || path.Contains('\0')) return false;
        var full = Path.GetFullPath(path);
        if (!File.Exists(full)) return false;
        var real = RealPath(full);
        return options.DiskFolders.Any(folder => real.StartsWith(RealPath(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    private static string RealPath(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            real = info.LinkTarget is null ? next : RealPath(info.ResolveLinkTarget(returnFinalTarget: true)!.FullName);
        }

        return real;
    }

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Network();
}
