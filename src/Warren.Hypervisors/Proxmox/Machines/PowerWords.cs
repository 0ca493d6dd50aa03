using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>Power in the words of <c>status/current</c>: <c>status</c>, QEMU's own <c>qmpstatus</c> (QAPI, RunState), and <c>lock</c>.</summary>
internal static class PowerWords
{
    internal static ObservedPower Read(JsonObject status) => (Fields.Text(status, "status"), Fields.Text(status, "qmpstatus"), Fields.Text(status, "lock")) switch
    {
        (_, _, "suspending") => ObservedPower.Unknown,
        ("stopped", _, "suspended") => ObservedPower.Suspended,
        ("stopped", _, _) => ObservedPower.Off,
        // "suspended" of QEMU is the guest's own sleep: it is on.
        ("running", null or "running" or "suspended", _) => ObservedPower.On,
        ("running", "paused", _) => ObservedPower.Paused,
        _ => ObservedPower.Unknown,
    };

    /// <summary>Why it cannot be told, for people.</summary>
    internal static string? Detail(JsonObject status) =>
        Fields.Text(status, "qmpstatus") is "io-error" or "internal-error" or "guest-panicked" or "watchdog" ? $"QEMU says {Fields.Text(status, "qmpstatus")}" : null;

    /// <summary>A disk has been read: the firmware looks for what to boot.</summary>
    internal static bool HasRead(JsonObject status) =>
        status["blockstat"] is JsonObject disks && disks.Any(d => Fields.Number(d.Value, "rd_operations") > 0);
}
