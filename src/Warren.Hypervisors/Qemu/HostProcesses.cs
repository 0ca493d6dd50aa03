using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Warren.Hypervisors.Qemu;

/// <summary>What the kernel says about processes: proc(5) for looking, a pidfd for ending one without hitting a reused number.</summary>
internal static class HostProcesses
{
    /// <summary>Changes with every boot, so that a pid noted before it proves nothing after.</summary>
    internal static string BootId { get; } =
        File.Exists("/proc/sys/kernel/random/boot_id") ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : "";

    /// <summary>Start time in clock ticks since boot (field 22 of /proc/PID/stat); null when the process is gone or a zombie.</summary>
    internal static long? StartTicks(int pid) => Stat(pid) is { } stat ? long.Parse(stat[19], CultureInfo.InvariantCulture) : null;

    /// <summary>CPU time in user and kernel mode (fields 14 and 15 of /proc/PID/stat) in nanoseconds; null when the process is gone or a zombie.</summary>
    internal static long? CpuNanoseconds(int pid) => Stat(pid) is { } stat
        ? (long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) * NanosecondsPerTick
        : null;

    /// <summary>The text of /proc/PID/smaps_rollup; null when the process is gone, or another user's.</summary>
    internal static string? MemorySizes(int pid) => ReadAll($"/proc/{pid}/smaps_rollup") is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>
    /// The user of a process (/proc/PID/status, Uid: real, effective); null when it is gone. Not the owner of /proc/PID, which is root for one that
    /// forbids core dumps (proc(5), prctl(2) PR_SET_DUMPABLE), as any process may.
    /// </summary>
    internal static uint? User(int pid)
    {
        if (ReadAll($"/proc/{pid}/status") is not { Length: > 0 } bytes) return null;
        var line = Encoding.UTF8.GetString(bytes).Split('\n').FirstOrDefault(l => l.StartsWith("Uid:", StringComparison.Ordinal));
        return line?.Split('\t') is [_, _, var effective, ..] ? uint.Parse(effective, CultureInfo.InvariantCulture) : null;
    }

    /// <summary>Fields of /proc/PID/stat from the third on, the state; null when the process is gone or nothing but a zombie.</summary>
    private static string[]? Stat(int pid)
    {
        var stat = ReadAll($"/proc/{pid}/stat");
        if (stat is null) return null;
        // The name in field 2 may hold spaces and brackets; the fields after it start behind the last bracket.
        var fields = Encoding.UTF8.GetString(stat);
        var rest = fields[(fields.LastIndexOf(')') + 2)..].Split(' ');
        // The first thread of a process that was killed may be a zombie while others still close its files (field 20: how many there are).
        return rest[0] == "X" || (rest[0] == "Z" && rest[17] is "0" or "1") ? null : rest;
    }

    /// <summary>Arguments of a process; empty when it is gone.</summary>
    internal static string[] Arguments(int pid) =>
        ReadAll($"/proc/{pid}/cmdline") is { Length: > 0 } bytes ? Encoding.UTF8.GetString(bytes).TrimEnd('\0').Split('\0') : [];

    /// <summary>Ids of all processes we can see.</summary>
    internal static IEnumerable<int> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) yield return pid;
        }
    }

    /// <summary>Sends SIGKILL to a process that <paramref name="isIt"/> still recognises once its number can no longer be reused.</summary>
    /// <returns>False when it was gone or another.</returns>
    internal static bool Kill(int pid, Func<bool> isIt)
    {
        // A pidfd keeps naming the same process: between proof and signal the number cannot pass to a stranger.
        var handle = (int)SystemCall(PidfdOpen, pid, 0, 0, 0);
        if (handle < 0) return false;
        try
        {
            return isIt() && SystemCall(PidfdSendSignal, handle, SigKill, 0, 0) == 0;
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static byte[]? ReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // USER_HZ, in which the kernel tells times of processes, is 100 on x86-64 and arm64 whatever the kernel's own HZ.
    private const long NanosecondsPerTick = 1_000_000_000 / 100;

    // Numbers of the generic system call table (Linux 5.3), the same on x86-64 and arm64.
    private const long PidfdSendSignal = 424;
    private const long PidfdOpen = 434;
    private const long SigKill = 9;

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long SystemCall(long number, long first, long second, long third, long fourth);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
