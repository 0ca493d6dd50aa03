using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Forks;
using Warren.Hypervisors.Qemu.Probe;

namespace Warren.Hypervisors.Qemu;

/// <summary>Beginning and end of a machine's QEMU, and what must be there before it begins. The caller holds the machine's lock.</summary>
internal sealed class QemuLife(QemuOptions options, DiskFiles disks, SeedIso seeds, QemuLauncher launcher, QemuProbe probe, QemuShutdown shutdown, QemuConfinement confinement)
{
    /// <summary>Makes what is missing of the machine's files.</summary>
    internal async Task CompleteAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        MachineRights.RefuseLinks(folder);
        var before = PrivateFile.Read<MachineDefinition>(folder.Definition);
        await disks.CompleteAsync(definition, folder, cancellation);
        if (definition.Seed is { } seed && (before?.Seed != seed || !File.Exists(folder.Seed)))
            await seeds.WriteAsync(seed, folder.Seed, cancellation);
        // Last: the mark says that everything it describes is there.
        PrivateFile.Write(folder.Definition, definition);
    }

    /// <summary>Starts it, its missing files made, and waits for its control socket.</summary>
    /// <param name="definition">What to start.</param>
    /// <param name="folder">Its files.</param>
    /// <param name="resumed">It will be given the state of a machine that ran before, and waits for that; or null.</param>
    /// <param name="cancellation">Ends it again.</param>
    internal async Task StartAsync(MachineDefinition definition, MachineFolder folder, Resumption? resumed, CancellationToken cancellation)
    {
        await CompleteAsync(definition, folder, cancellation);
        await ResumeAsync(definition, folder, resumed, null, cancellation);
    }

    /// <summary>Starts one whose files are all there.</summary>
    /// <param name="definition">What to start.</param>
    /// <param name="folder">Its files.</param>
    /// <param name="resumed">As above.</param>
    /// <param name="memory">The file that is its memory, or null for fresh memory.</param>
    /// <param name="cancellation">Ends it again.</param>
    internal async Task ResumeAsync(MachineDefinition definition, MachineFolder folder, Resumption? resumed, GuestMemory? memory, CancellationToken cancellation)
    {
        var accelerator = (await probe.AcceleratorAsync(cancellation)).Name;
        var firmware = definition.Firmware == Firmware.Uefi ? disks.Firmwares() : null;
        // Kept open until QEMU has opened it too.
        using var fresh = memory is null ? SharedMemory.Make(definition.MemoryMiB * (1L << 20)) : null;
        if (memory is { Shared: false }) memory = memory with { ReadOnly = !await OpensForWritingAsync(cancellation) };
        var start = await confinement.PrepareAsync(folder, definition, accelerator, memory?.Path, memory?.ReadOnly == false, cancellation);
        // A confined QEMU cannot look into our process: what starts it opens the file for it.
        memory ??= fresh is null ? null : new GuestMemory(start.Before.Count > 0 ? QemuLauncher.InheritedMemory : SharedMemory.PathOf(fresh), Shared: true);
        var line = QemuArguments.Build(definition with { NetworkMode = start.Reach.Mode }, folder, options, accelerator, firmware, memory, resumed);
        await launcher.StartAsync(folder, line, resumed, start, fresh is null ? "" : SharedMemory.PathOf(fresh), cancellation);
    }

    /// <summary>Before 8.2 QEMU had no word for memory of which it only reads the file (docs/system/vm-templating.rst).</summary>
    private async Task<bool> OpensForWritingAsync(CancellationToken cancellation) =>
        !Version.TryParse(await probe.VersionAsync(cancellation), out var version) || version < new Version(8, 2);

    /// <summary>Ends it now. One that does not run is left alone.</summary>
    internal Task KillAsync(MachineFolder folder, CancellationToken cancellation) => shutdown.KillAsync(folder, cancellation);
}
