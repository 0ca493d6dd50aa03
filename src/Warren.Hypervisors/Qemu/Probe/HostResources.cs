using System.Globalization;

namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>Memory, CPUs and disk of this host, cgroup limits included.</summary>
internal static class HostResources
{
    /// <summary>Control groups of version 2 and 1: the limit, what is used, and what that consists of.</summary>
    private static readonly (string Limit, string Used, string Statistics)[] Groups =
    [
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", "/sys/fs/cgroup/memory/memory.stat"),
    ];

    internal static HostCapacity Read(string machinesFolder)
    {
        var limits = Groups.Select(g => g.Limit).Where(File.Exists).Select(f => ParseLimit(File.ReadAllText(f)));
        var memory = limits.Append(ParseMemTotal(File.ReadAllText("/proc/meminfo"))).Min();
        // ProcessorCount already honours affinity and cgroup CPU quotas.
        return new HostCapacity(memory >> 20, Environment.ProcessorCount, FreeDisk(machinesFolder) >> 30);
    }

    /// <summary>Bytes that can be had without swapping: what the kernel says, or what a control group's limit leaves, whichever is less.</summary>
    internal static long AvailableMemory()
    {
        var host = ParseLine(File.ReadAllText("/proc/meminfo"), "MemAvailable:");
        return Groups.Where(g => File.Exists(g.Limit) && File.Exists(g.Used))
            .Select(g => (Limit: ParseLimit(File.ReadAllText(g.Limit)), Files: g)).Where(g => g.Limit != long.MaxValue)
            .Select(g => Math.Max(0, g.Limit - ParseLimit(File.ReadAllText(g.Files.Used)) + ParseInactive(File.ReadAllText(g.Files.Statistics)))).Append(host).Min();
    }

    /// <summary>Bytes in the line MemTotal of proc_meminfo(5), which counts KiB.</summary>
    internal static long ParseMemTotal(string meminfo) => ParseLine(meminfo, "MemTotal:");

    /// <summary>Bytes of files that a control group keeps in memory and that nobody has used for long (cgroups(7), memory.stat): they give way.</summary>
    internal static long ParseInactive(string statistics) =>
        statistics.Split('\n').Select(l => l.Split(' ')).FirstOrDefault(w => w is ["inactive_file" or "total_inactive_file", _]) is { } words
            && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;

    private static long ParseLine(string meminfo, string name)
    {
        var line = meminfo.Split('\n').First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Bytes of a cgroup limit; <c>max</c> (v2) is none, as is v1's page-rounded 2^63.</summary>
    internal static long ParseLimit(string text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) && bytes > 0 ? bytes : long.MaxValue;

    private static long FreeDisk(string folder)
    {
        // The folder may not exist yet; its nearest parent is on the same disk.
        var at = folder;
        while (!Directory.Exists(at)) at = Path.GetDirectoryName(at) ?? "/";
        return new DriveInfo(at).AvailableFreeSpace;
    }
}
