using Warren.Hypervisors.Qemu.Confinement;

namespace Warren.Hypervisors.Qemu;

/// <summary>What <c>process.json</c> keeps about the QEMU that was started.</summary>
/// <param name="ProcessId">Its pid.</param>
/// <param name="StartTicks">Its start time, clock ticks since boot.</param>
/// <param name="BootId">The boot those numbers belong to.</param>
/// <param name="LogOffset">Where in qemu.log this run begins, bytes.</param>
/// <param name="Resumed">What it took in of a machine that had run before; null for one that booted.</param>
/// <param name="Network">What its guest may reach; null: nothing was said of it.</param>
/// <param name="Egress">Where to alone; null: no list.</param>
/// <param name="Mbps">What it may send, and as much again receive, in Mbit/s; null: no limit.</param>
internal sealed record ProcessRecord(int ProcessId, long StartTicks, string BootId, long LogOffset, Resumption? Resumed = null, GuestNetworkMode? Network = null, IReadOnlyList<string>? Egress = null, int? Mbps = null);

/// <summary>
/// Finds the QEMU of a machine and ends it. A process is ours only when its arguments name this machine's pid file, its user is the
/// machine's or ours (anybody may give himself arguments) and, where its start was recorded, its start time is the recorded one; a pid alone proves nothing.
/// </summary>
internal static class MachineProcess
{
    /// <summary>The running QEMU of this machine, or null. A few microseconds; trusts the files left by start.</summary>
    internal static int? Find(MachineFolder folder) => Look(folder)?.Pid;

    /// <summary>As <see cref="Find"/>, but looks through all processes too: right after a spawn there is no file yet.</summary>
    internal static int? Search(MachineFolder folder) => LookEverywhere(folder)?.Pid;

    /// <summary>The user that the machine's QEMU runs as, which no link in its folder changes; null when it does not run.</summary>
    internal static uint? UserOf(MachineFolder folder) => LookEverywhere(folder)?.User;

    private static (int Pid, uint User)? Look(MachineFolder folder)
    {
        var record = PrivateFile.Read<ProcessRecord>(folder.ProcessRecord);
        if (record is not null
            && record.BootId == HostProcesses.BootId
            && User(record.ProcessId, folder) is { } user
            // After the look at it: it was no other then.
            && HostProcesses.StartTicks(record.ProcessId) == record.StartTicks)
        {
            return (record.ProcessId, user);
        }

        // The server died between the spawn and its record: QEMU's own pid file still tells.
        return ReadPidFile(folder) is { } pid && User(pid, folder) is { } its && HostProcesses.StartTicks(pid) is not null ? (pid, its) : null;
    }

    private static (int Pid, uint User)? LookEverywhere(MachineFolder folder)
    {
        if (Look(folder) is { } known) return known;
        foreach (var pid in HostProcesses.All())
        {
            if (User(pid, folder) is { } user && HostProcesses.StartTicks(pid) is not null) return (pid, user);
        }

        return null;
    }

    /// <summary>Writes down which process runs the machine.</summary>
    internal static void Record(MachineFolder folder, int pid, long logOffset, Resumption? resumed, GuestReach? reach = null)
    {
        if (HostProcesses.StartTicks(pid) is { } ticks)
            PrivateFile.Write(folder.ProcessRecord, new ProcessRecord(pid, ticks, HostProcesses.BootId, logOffset, resumed, reach?.Mode, reach?.Egress, reach?.Mbps), sync: false);
    }

    /// <summary>DHCP leases of others in the state of the running machine.</summary>
    internal static int Leases(MachineFolder folder) => PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.Resumed?.Leases ?? 0;

    /// <summary>What the next QEMU must know that goes on with the state of this one.</summary>
    /// <param name="folder">The machine.</param>
    /// <param name="type">The versioned type of its board.</param>
    internal static Resumption Resumption(MachineFolder folder, string type) => new(type, Leases(folder), Clipboard: File.Exists(folder.ClipboardSocket));

    /// <summary>Notes that the machine was ended on purpose.</summary>
    internal static void Forget(MachineFolder folder)
    {
        if (Directory.Exists(folder.Path)) File.Delete(folder.ProcessRecord);
    }

    /// <summary>Ends the process at once if it still is this machine's.</summary>
    internal static void Kill(MachineFolder folder, int pid) => HostProcesses.Kill(pid, () => Names(pid, folder));

    /// <summary>Waits until the process is gone.</summary>
    /// <returns>False when it still lives after the time given.</returns>
    internal static async Task<bool> WaitForEndAsync(
        MachineFolder folder, int pid, TimeSpan limit, TimeProvider clock, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        // One that is ending loses its arguments before it has closed its files.
        while (HostProcesses.StartTicks(pid) is not null && (Names(pid, folder) || HostProcesses.Arguments(pid).Length == 0))
        {
            if (clock.GetElapsedTime(began) > limit) return false;
            await Task.Delay(TimeSpan.FromMilliseconds(5), clock, cancellation);
        }

        return true;
    }

    /// <summary>QEMU processes that are not started from this folder of machines.</summary>
    internal static IEnumerable<FoundMachine> Foreign(string machinesFolder)
    {
        foreach (var pid in HostProcesses.All())
        {
            var arguments = HostProcesses.Arguments(pid);
            if (arguments.Length < 2 || !Path.GetFileName(arguments[0]).StartsWith("qemu-system-", StringComparison.Ordinal)) continue;
            if (ValueAfter(arguments, "-pidfile") is { } file && file.StartsWith(machinesFolder + "/", StringComparison.Ordinal)) continue;
            yield return new FoundMachine($"{ValueAfter(arguments, "-name") ?? "qemu"} (pid {pid})", null, ObservedPower.On);
        }
    }

    private static bool Names(int pid, MachineFolder folder) => User(pid, folder) is not null;

    /// <summary>The user of a process if it is this machine's.</summary>
    private static uint? User(int pid, MachineFolder folder)
    {
        var arguments = HostProcesses.Arguments(pid);
        if (ValueAfter(arguments, "-pidfile") != folder.PidFile) return null;
        // The launching shell carries the same arguments until it has started QEMU.
        if (Path.GetFileName(arguments[0]) is "sh" or "setsid" or "setpriv") return null;
        return HostProcesses.User(pid) is { } user && (user == FileOwner.Self || user == MachineUsers.UserOf(folder.Path)) ? user : null;
    }

    private static string? ValueAfter(string[] arguments, string option)
    {
        var at = Array.IndexOf(arguments, option);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    private static int? ReadPidFile(MachineFolder folder)
    {
        try
        {
            if (FileOwner.TryOpenItself(folder.PidFile, FileAccess.Read) is not { } file) return null;
            using var reader = new StreamReader(new FileStream(file, FileAccess.Read));
            Span<char> text = stackalloc char[16];
            return int.TryParse(text[..reader.ReadBlock(text)].Trim(), out var pid) && pid > 0 ? pid : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
