using System.Globalization;

namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>Memory, CPUs and disk of this host, cgroup limits included.</summary>
internal static class HostResources
{
    private static readonly string[] MemoryLimits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

    internal static HostCapacity Read(string machinesFolder)
    {
        var limits = MemoryLimits.Where(File.Exists).Select(f => ParseLimit(File.ReadAllText(f)));
        var memory = limits.Append(ParseMemTotal(File.ReadAllText("/proc/meminfo"))).Min();
        // ProcessorCount already honours affinity and cgroup CPU quotas.
        return new HostCapacity(memory >> 20, Environment.ProcessorCount, FreeDisk(machinesFolder) >> 30);
    }

    /// <summary>Bytes in the line MemTotal of proc_meminfo(5), which counts KiB.</summary>
    internal static long ParseMemTotal(string meminfo)
    {
        var line = meminfo.Split('\n').First(l => l.StartsWith("MemTotal:", StringComparison.Ordinal));
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
