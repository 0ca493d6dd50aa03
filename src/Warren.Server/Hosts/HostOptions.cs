namespace Warren.Server.Hosts;

/// <summary>How much of the local host machines may use.</summary>
internal sealed record HostOptions
{
    /// <summary>Memory left to the host itself and to the server, in MiB.</summary>
    public int ReservedMemoryMiB { get; init; } = 1024;

    /// <summary>
    /// What a machine's process takes beyond the guest's own memory, in MiB; QEMU 7.2's is 40-90 under TCG (see docs/proven.md).
    /// </summary>
    public int OverheadMiB { get; init; } = 96;
}
