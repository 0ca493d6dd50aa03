namespace Warren.Hypervisors.Qemu;

/// <summary>What <c>process.json</c> keeps about the QEMU that was started.</summary>
/// <param name="ProcessId">Its pid.</param>
/// <param name="StartTicks">Its start time, clock ticks since boot.</param>
/// <param name="BootId">The boot those numbers belong to.</param>
/// <param name="LogOffset">Where in qemu.log this run begins, bytes.</param>
/// <param name="Resumed">What it took in of a machine that had run before; null for one that booted.</param>
internal sealed record ProcessRecord(int ProcessId, long StartTicks, string BootId, long LogOffset, Resumption? Resumed = null);

/// <summary>
/// Finds the QEMU of a machine and ends it. A process is ours only when its arguments name this machine's pid file and,
/// where its start was recorded, its start time is the recorded one; a pid alone proves nothing.
/// </summary>
internal static class MachineProcess
{
    /// <summary>The running QEMU of this machine, or null. A few microseconds; trusts the files left by start.</summary>
    internal static int? Find(MachineFolder folder)
    {
        var record = PrivateFile.Read<ProcessRecord>(folder.ProcessRecord);
        if (record is not null
            && record.BootId == HostProcesses.BootId
            && HostProcesses.StartTicks(record.ProcessId) == record.StartTicks
            && Names(record.ProcessId, folder))
        {
            return record.ProcessId;
        }

        // The server died between the spawn and its record: QEMU's own pid file still tells.
        return ReadPidFile(folder) is { } pid && HostProcesses.StartTicks(pid) is not null && Names(pid, folder) ? pid : null;
    }

    /// <summary>As <see cref="Find"/>, but looks through all processes too: right after a spawn there is no file yet.</summary>
    internal static int? Search(MachineFolder folder)
    {
        if (Find(folder) is { } known) return known;
        foreach (var pid in HostProcesses.All())
        {
            if (Names(pid, folder) && HostProcesses.StartTicks(pid) is not null) return pid;
        }

        return null;
    }

    /// <summary>Writes down which process runs the machine.</summary>
    internal static void Record(MachineFolder folder, int pid, long logOffset, Resumption? resumed)
    {
        if (HostProcesses.StartTicks(pid) is { } ticks)
            PrivateFile.Write(folder.ProcessRecord, new ProcessRecord(pid, ticks, HostProcesses.BootId, logOffset, resumed), sync: false);
    }

    /// <summary>DHCP leases of others in the state of the running machine.</summary>
    internal static int Leases(MachineFolder folder) => PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.Resumed?.Leases ?? 0;

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

    private static bool Names(int pid, MachineFolder folder)
    {
        var arguments = HostProcesses.Arguments(pid);
        return ValueAfter(arguments, "-pidfile") == folder.PidFile
            // The launching shell carries the same arguments until it has started QEMU.
            && Path.GetFileName(arguments[0]) is not ("sh" or "setsid");
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
            return int.TryParse(File.ReadAllText(folder.PidFile).Trim(), out var pid) && pid > 0 ? pid : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
