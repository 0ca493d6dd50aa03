using System.Globalization;
using Warren.Hypervisors.Qemu.Probe;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Memory by the kernel's own accounts: MemAvailable and limits of control groups for the host, <c>smaps_rollup</c> for a machine's process
/// (proc(5)), which knows that forks share what they have not written.
/// </summary>
internal sealed class QemuMemory(string machinesFolder) : IMemoryUse
{
    /// <inheritdoc/>
    public Task<HostMemory> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation)
    {
        var seen = new Dictionary<string, MachineMemory>(StringComparer.Ordinal);
        foreach (var id in machineIds)
        {
            cancellation.ThrowIfCancellationRequested();
            if (MachineProcess.Find(new MachineFolder(machinesFolder, id)) is { } pid && HostProcesses.MemorySizes(pid) is { } sizes && Parse(sizes) is { } memory)
                seen[id] = memory;
        }

        return Task.FromResult(new HostMemory(HostResources.AvailableMemory() >> 20, seen));
    }

    /// <summary>
    /// Reads <c>smaps_rollup</c>, which counts KiB; null when it has not the lines (Linux 5.9). Its own are the pages without a file and
    /// those of the memory that its guest was given at its start; pages of a golden image's file are not, whoever has read them.
    /// </summary>
    internal static MachineMemory? Parse(string rollup)
    {
        var kib = rollup.Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 3 && w[2] == "kB")
            .ToDictionary(w => w[0], w => long.Parse(w[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return kib.TryGetValue("Pss:", out var pss) && kib.TryGetValue("Pss_Anon:", out var anonymous) && kib.TryGetValue("Pss_Shmem:", out var shared)
            ? new MachineMemory(pss >> 10, (anonymous + shared) >> 10)
            : null;
    }
}
