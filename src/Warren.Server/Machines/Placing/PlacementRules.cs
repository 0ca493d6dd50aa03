using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Hosts;

namespace Warren.Server.Machines.Placing;

/// <summary>What speaks against a machine on a host, memory aside. Pure: everything it needs is given.</summary>
internal static class PlacementRules
{
    /// <param name="wish">What the machine needs.</param>
    /// <param name="row">The host.</param>
    /// <param name="kind">Its kind, or null when this server has no driver for it.</param>
    /// <param name="can">Its capabilities, with the reasons of those that are missing.</param>
    /// <param name="machines">Machines of ours that are there.</param>
    /// <returns>The reasons; none when it fits.</returns>
    public static List<string> Against(PlacementWish wish, HostRow row, HypervisorKind? kind, IReadOnlyDictionary<string, string?> can, int machines)
    {
        if (HostAdmission.Unusable(row) is { } why) return [why];
        if (kind is null) return [$"is of kind {row.Hypervisor}, for which this server has no driver"];
        var against = new List<string>();
        if (row.Draining) against.Add("is draining and takes no new machines");
        if (row.MachineLimit is { } most && machines >= most) against.Add($"has {machines} machines and takes no more than {most}");
        AddLabels(against, wish, row);
        AddDevices(against, wish, row, kind, can);
        AddNetwork(against, wish, row, kind);
        if (wish.Spec.NetworkMode is not null && !kind.NetworkModes) against.Add($"has no network modes: they are not in the driver {kind.Title}");
        if (wish.Spec.NetworkMode == MachineNetworkMode.Internet && can.TryGetValue("internet", out var open) && open is not null) against.Add($"cannot keep guests' networks apart: {open}");
        AddLimits(against, wish, kind, can);
        foreach (var required in wish.Requires)
            if (can.TryGetValue(required, out var reason) && reason is not null) against.Add($"has no {required}: {reason}");
        return against;
    }

    private static void AddLimits(List<string> against, PlacementWish wish, HypervisorKind kind, IReadOnlyDictionary<string, string?> can)
    {
        var spec = wish.Spec;
        if (spec.Egress.Count > 0 && !kind.EgressLists) against.Add($"has no lists of destinations: they are not in the driver {kind.Title}");
        if (spec.NetworkMbps is not null && !kind.NetworkLimits) against.Add($"limits no networks: that is not in the driver {kind.Title}");
        if ((spec.NetworkMbps is not null || (wish.IsLimited && kind.NetworkLimits && spec.Network is null)) && can.TryGetValue("bandwidth", out var reason) && reason is not null) against.Add($"cannot limit guests' networks: {reason}");
        if ((spec.DiskMiBps ?? spec.DiskIops) is not null && !kind.DiskLimits) against.Add($"limits no disks: that is not in the driver {kind.Title}");
    }

    private static void AddLabels(List<string> against, PlacementWish wish, HostRow row)
    {
        var labels = row.Labels;
        foreach (var (name, value) in wish.Labels)
        {
            if (!labels.TryGetValue(name, out var has)) against.Add($"has no label {name}; {name}={value} is asked for");
            else if (has != value) against.Add($"has the label {name}={has}; {name}={value} is asked for");
        }
    }

    private static void AddDevices(List<string> against, PlacementWish wish, HostRow row, HypervisorKind kind, IReadOnlyDictionary<string, string?> can)
    {
        if (!Boots(kind, wish.Format)) against.Add($"does not boot {wish.Format ?? "disks"}: {kind.Title} boots {string.Join(", ", kind.BootFormats)}");
        if (wish.Spec.Firmware == MachineFirmware.Uefi && can.TryGetValue("uefi", out var reason) && reason is not null) against.Add($"has no UEFI firmware: {reason}");
        if (row.Name != HostDirectory.Local && wish.Spec.DataDisks.Any(d => d.Path is not null))
            against.Add($"is not the server's own machine ('{HostDirectory.Local}'), where the data disk's file lies");
        foreach (var option in wish.Spec.Options.Keys.Where(o => kind.MachineOptions.All(k => k.Name != o)))
            against.Add($"does not know the option {option}: {kind.Title} has {(kind.MachineOptions.Count == 0 ? "none" : string.Join(", ", kind.MachineOptions.Select(o => o.Name)))}");
    }

    private static void AddNetwork(List<string> against, PlacementWish wish, HostRow row, HypervisorKind kind)
    {
        if (wish.Spec.Network is not { } network) return;
        var networks = row.Networks;
        if (!kind.NamedNetworks) against.Add($"has no networks to choose from: {kind.Title} has its own");
        else if (row.NetworksJson is not null && !networks.Contains(network))
            against.Add($"has no network {network}; it has {(networks.Count == 0 ? "none" : string.Join(", ", networks))}");
    }

    private static bool Boots(HypervisorKind kind, string? format)
        => format is null ? kind.BootFormats.Any(f => f is "qcow2" or "raw") : kind.BootFormats.Contains(format);
}
