namespace Warren.Hypervisors.Qemu.Confinement;

/// <summary>What a machine's guest may reach while its QEMU runs; kept with its process, and believed from there.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Egress">In the mode internet: where to alone, or null for the whole outside.</param>
/// <param name="Mbps">What it may send, and as much again receive, in Mbit/s; null: no limit.</param>
internal sealed record GuestReach(GuestNetworkMode Mode, IReadOnlyList<string>? Egress = null, int? Mbps = null)
{
    /// <summary>It has a list.</summary>
    internal bool IsListed => Egress is { Count: > 0 };

    /// <summary>The list as it was checked; what cannot be read opens nothing.</summary>
    internal IReadOnlyList<GuestDestination> List { get; } = [.. (Egress ?? []).Select(GuestDestination.Read).OfType<GuestDestination>()];
}
