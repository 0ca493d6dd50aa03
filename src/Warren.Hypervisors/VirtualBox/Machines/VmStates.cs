namespace Warren.Hypervisors.VirtualBox.Machines;

/// <summary>The states of <c>VMState</c> (VBoxManageInfo, machineStateToName; SDK reference, MachineState).</summary>
internal static class VmStates
{
    private static readonly Dictionary<string, ObservedPower> s_powers = new(StringComparer.Ordinal)
    {
        ["poweroff"] = ObservedPower.Off,
        ["aborted"] = ObservedPower.Off,
        ["teleported"] = ObservedPower.Off,
        ["settingup"] = ObservedPower.Off,
        ["snapshotting"] = ObservedPower.Off,
        ["restoringsnapshot"] = ObservedPower.Off,
        ["deletingsnapshot"] = ObservedPower.Off,
        ["saved"] = ObservedPower.Suspended,
        ["aborted-saved"] = ObservedPower.Suspended,
        ["running"] = ObservedPower.On,
        ["starting"] = ObservedPower.On,
        ["restoring"] = ObservedPower.On,
        ["stopping"] = ObservedPower.On,
        ["saving"] = ObservedPower.On,
        ["teleporting"] = ObservedPower.On,
        ["faulttolerantsyncing"] = ObservedPower.On,
        ["livesnapshotting"] = ObservedPower.On,
        ["onlinesnapshotting"] = ObservedPower.On,
        ["deletingsnapshotlive"] = ObservedPower.On,
        ["deletingsnapshotonline"] = ObservedPower.On,
        ["paused"] = ObservedPower.Paused,
        ["teleportingpausedvm"] = ObservedPower.Paused,
        ["teleportingpaused"] = ObservedPower.Paused,
        ["deletingsnapshotlivepaused"] = ObservedPower.Paused,
        ["deletingsnapshotpaused"] = ObservedPower.Paused,
        ["gurumeditation"] = ObservedPower.Unknown,
        ["stuck"] = ObservedPower.Unknown,
    };

    /// <summary>Every state that is known.</summary>
    internal static IReadOnlyDictionary<string, ObservedPower> All => s_powers;

    /// <summary>Power of a state; a state nobody has heard of is unknown.</summary>
    internal static ObservedPower PowerOf(string? state) => state is not null && s_powers.TryGetValue(state, out var power) ? power : ObservedPower.Unknown;

    /// <summary>What a state tells people, or null where it needs no explanation.</summary>
    internal static string? DetailOf(string? state) => state switch
    {
        "aborted" => "VirtualBox says that its process ended unexpectedly; see VBox.log in its folder",
        "aborted-saved" => "VirtualBox says that its process ended unexpectedly while it was restored; its saved memory is still there",
        "gurumeditation" or "stuck" => "VirtualBox has stopped it after a grave error (guru meditation); see VBox.log in its folder",
        "teleported" => "VirtualBox says that it has moved to another host",
        null => "VirtualBox does not say its state: its settings cannot be read",
        _ => s_powers.ContainsKey(state) ? null : $"VirtualBox says that it is {state}",
    };
}
