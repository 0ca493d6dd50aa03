using System.Text.Json.Nodes;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu;

/// <summary>One look at one machine: files first, then the process, then QEMU's own word.</summary>
internal static class QemuObserver
{
    internal static async Task<MachineObservation> LookAsync(MachineFolder folder, QemuControl control, CancellationToken cancellation)
    {
        if (!folder.Exists) return MachineObservation.Missing;
        // Before the process: one that was left when its memory had been kept never runs again.
        if (SuspendFiles.IsSuspended(folder)) return new MachineObservation { Power = ObservedPower.Suspended };
        if (MachineProcess.Find(folder) is not { } pid) return Off(folder);
        try
        {
            var answers = await control.RunAsync(folder, cancellation, "query-status", "query-blockstats");
            await QemuPorts.ClearAsync(folder, control, cancellation);
            var status = (string?)answers[0]?["status"] ?? "";
            return Understand(status) with { ProcessId = pid, FirmwareRan = FirmwareRan(answers[1]) || Resumed(folder) };
        }
        catch (HypervisorException e)
        {
            // It may have ended while it was asked.
            return MachineProcess.Find(folder) is null
                ? Off(folder)
                : new MachineObservation { Power = ObservedPower.Unknown, ProcessId = pid, Detail = e.Message };
        }
    }

    /// <summary>A RunState of QEMU (qapi/run-state.json) as power.</summary>
    internal static MachineObservation Understand(string status) => status switch
    {
        "running" => new MachineObservation { Power = ObservedPower.On },
        "paused" or "prelaunch" or "suspended" or "debug" or "inmigrate" or "postmigrate" or "finish-migrate"
            or "restore-vm" or "save-vm" => new MachineObservation { Power = ObservedPower.Paused },
        "shutdown" => new MachineObservation { Power = ObservedPower.Off },
        _ => new MachineObservation { Power = ObservedPower.Unknown, Detail = $"QEMU reports {status}" },
    };

    /// <summary>Whether anything was read from the system disk or the ISO.</summary>
    internal static bool FirmwareRan(JsonNode? blockStats) => blockStats is JsonArray devices && devices.Any(d =>
        // The node has another name after a snapshot; the device behind it keeps its own.
        ((string?)d?["node-name"] is QemuArguments.SystemNode or QemuArguments.IsoNode || ((string?)d?["qdev"])?.Split('/') is { } path && path.Any(p => p is "disk0" or "cd0"))
        && (long?)d!["stats"]?["rd_operations"] > 0);

    /// <summary>It began in the middle of a guest's life, and may never read its disk.</summary>
    private static bool Resumed(MachineFolder folder) => PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.Resumed is not null;

    private static MachineObservation Off(MachineFolder folder)
    {
        // The record is removed by a wanted end; where it remains, the log says why the process went by itself.
        var record = PrivateFile.Read<ProcessRecord>(folder.ProcessRecord);
        var said = record is null ? "" : QemuErrors.Quote(QemuLauncher.LogSince(folder, record.LogOffset));
        return new MachineObservation { Power = ObservedPower.Off, Detail = said.Length > 0 ? said : null };
    }
}
