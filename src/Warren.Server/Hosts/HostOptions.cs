namespace Warren.Server.Hosts;

/// <summary>How hosts are used and watched. Changed in configuration under <c>Hosts</c>.</summary>
internal sealed record HostOptions
{
    /// <summary>Memory left to a host itself, and on the local one to the server, in MiB; a host may state its own.</summary>
    public int ReservedMemoryMiB { get; init; } = 1024;

    /// <summary>
    /// What a machine's process takes beyond the guest's own memory, in MiB; QEMU 7.2's is 40-90 under TCG (see docs/proven.md).
    /// </summary>
    public int OverheadMiB { get; init; } = 96;

    /// <summary>
    /// How much memory may be promised for each MiB that a host has: 1 to 8. Above 1 machines are trusted to take, on the average, only
    /// that part of theirs, as forks do, which share what they have not written; what is really free still decides.
    /// </summary>
    public double MemoryOvercommit { get; init; } = 1;

    /// <summary>Memory that stays free on a host, in MiB, whatever was promised: below it, a host begins to swap.</summary>
    public int FreeMemoryMiB { get; init; } = 256;

    /// <summary>How often hosts are asked what their memory is taken by.</summary>
    public TimeSpan MemoryEvery { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Labels of the local host.</summary>
    public Dictionary<string, string> Labels { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Calls to one host that are under way at once.</summary>
    public int CallsAtOnce { get; init; } = 32;

    /// <summary>Time limits of calls by name, where they differ from the ordinary ones.</summary>
    public Dictionary<string, TimeSpan> CallLimits { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How often a host that is well is probed.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often its machines are listed between probes, which also shows whether it still answers.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest pause between probes of a host that does not answer; the first ones follow within seconds.</summary>
    public TimeSpan ProbeAgainAtMost { get; init; } = TimeSpan.FromMinutes(1);
}
