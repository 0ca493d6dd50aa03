namespace Warren.Hypervisors.Qemu;

/// <summary>How this host runs QEMU.</summary>
public sealed record QemuOptions
{
    /// <summary>Folder with one folder per machine; made with mode 0700 when missing. Keep it short: unix socket paths end at 107 bytes.</summary>
    public required string MachinesFolder { get; init; }

    /// <summary>The emulator: a name in PATH or an absolute path.</summary>
    public string QemuProgram { get; init; } = "qemu-system-x86_64";

    /// <summary>The disk tool: a name in PATH or an absolute path.</summary>
    public string QemuImgProgram { get; init; } = "qemu-img";

    /// <summary>The program that writes seed ISOs.</summary>
    public string XorrisoProgram { get; init; } = "xorriso";

    /// <summary>Folders searched for OVMF, first hit wins.</summary>
    public IReadOnlyList<string> FirmwareSearchPaths { get; init; } =
        ["/usr/share/OVMF", "/usr/share/edk2/ovmf", "/usr/share/edk2/x64", "/usr/share/edk2-ovmf/x64"];

    /// <summary><c>auto</c>: KVM when a guest really boots with it, else TCG; <c>kvm</c> or <c>tcg</c>: that one, unproven.</summary>
    public string Accelerator { get; init; } = "auto";

    /// <summary>CPU model under TCG, as <c>-cpu</c> takes it. A guest that demands x86-64-v3 needs <c>max</c>.</summary>
    public string TcgCpu { get; init; } = EmulatedCpu.Argument;

    /// <summary>Variables added to the environment of QEMU and qemu-img (a private QEMU needs <c>LD_LIBRARY_PATH</c>).</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Arguments put before all others on QEMU's command line (a private QEMU needs <c>-L FOLDER</c>).</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>Run QEMU under its seccomp filter. Only for builds without it should this be false.</summary>
    public bool Sandbox { get; init; } = true;

    /// <summary>Users that machines run under where the server is root; null: all run as the server.</summary>
    public Confinement.UserRange? Users { get; init; } = Confinement.UserRange.Default;

    /// <summary>The program that starts another one with fewer privileges (util-linux).</summary>
    public string SetprivProgram { get; init; } = "setpriv";

    /// <summary>The program that loads packet filters (nftables).</summary>
    public string NftProgram { get; init; } = "nft";

    /// <summary>
    /// Stay connected to guests' agents: they answer at once then. The agent's socket takes one client at a time, so that no other process
    /// can talk to agents meanwhile.
    /// </summary>
    public bool KeepAgentLines { get; init; }

    /// <summary>A Linux kernel (bzImage) that must also print its banner before KVM is trusted; optional second stage of the probe.</summary>
    public string? ProbeKernel { get; init; }
}
