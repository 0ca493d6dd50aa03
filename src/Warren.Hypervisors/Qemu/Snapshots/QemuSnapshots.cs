using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// Snapshots as overlays beside the machine, memory as QEMU's own migration stream. Not inside the qcow2 (savevm): what is
/// frozen here can at once be what clones and forks lie upon, a running machine's disk is frozen in milliseconds, and the
/// firmware's variables need not be qcow2 (docs/adr/0004-snapshots-are-overlays.md).
/// </summary>
internal sealed class QemuSnapshots(string machinesFolder, Layers layers, QemuLife life, QemuControl control, QuietGuest quiet, TimeProvider clock) : ISnapshots
{
    /// <summary>Bytes of a layer that is worth the wait of somebody who returns: copied in a fraction of a second.</summary>
    private const long LargestOnReturn = 64L << 20;

    /// <inheritdoc/>
    public Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation)
    {
        var (folder, files) = Open(machineId);
        return Task.FromResult<IReadOnlyList<MachineSnapshot>>([.. files.All().Select(s => new MachineSnapshot(s.Id, s.ParentId, s.CreatedAt, s.Memory is not null))]);
    }

    /// <inheritdoc/>
    public Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => TakeAsync(machineId, snapshotId, memory, cancellation));

    /// <inheritdoc/>
    public Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => ReturnToAsync(machineId, snapshotId, wanted, cancellation));

    /// <inheritdoc/>
    public Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => RemoveAsync(machineId, snapshotId, cancellation));

    private async Task TakeAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        var (folder, files) = Open(machineId);
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        if (files.Find(snapshotId) is not null) return;
        SuspendFiles.Refuse(folder, "kept in a snapshot");
        var definition = OwnDisks.DefinitionOf(folder);
        var names = OwnDisks.Of(definition, folder);
        var running = MachineProcess.Search(folder) is not null;
        if (memory && !running) throw Rejected($"machine {machineId} is off: it has no memory to keep");
        var live = running ? new LiveDisks(folder, control, clock) : null;
        await RecoverAsync(folder, files, live, cancellation);
        if (running) await Chain(folder).ShortenInPassingAsync(names, cancellation);
        // One of that id that was only half removed.
        files.Remove(snapshotId);
        files.Forget(snapshotId);
        try
        {
            if (memory) await Standstill.DuringAsync(folder, control, () => KeepAsync(folder, files, snapshotId, definition, names, live, memory, cancellation), cancellation);
            else await KeepAsync(folder, files, snapshotId, definition, names, live, memory, cancellation);
        }
        catch
        {
            files.RemoveMemory(snapshotId);
            throw;
        }
    }

    private async Task KeepAsync(
        MachineFolder folder, SnapshotFiles files, string id, MachineDefinition definition, List<string> names, LiveDisks? live, bool memory, CancellationToken cancellation)
    {
        var frozen = await FreezeAsync(folder, names, live, memory, cancellation);
        files.Make();
        if (definition.Firmware == Firmware.Uefi) FileOwner.CopyItself(folder.FirmwareVariables, files.FirmwareVariablesOf(id), overwrite: true);
        var resumption = memory ? MachineProcess.Resumption(folder, await MemoryState.TypeAsync(folder, control, cancellation)) : null;
        if (memory) await MemoryState.SaveAsync(folder, files.MemoryOf(id), sync: true, ignoreShared: false, control, clock, cancellation);
        var parent = files.Position.Id;
        // The record comes last: with it there is the snapshot, and the machine stands on it.
        files.Stand(new SnapshotPosition(id, Returning: false, Before: parent));
        files.Write(new SnapshotRecord(id, parent, clock.GetUtcNow(), frozen, resumption, definition));
    }

    private async Task ReturnToAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        var (folder, files) = Open(machineId);
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        var record = files.Find(snapshotId)
            ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} has no snapshot {snapshotId}");
        SuspendFiles.Refuse(folder, "restored");
        var definition = OwnDisks.DefinitionOf(folder).Sharing(wanted);
        if (record.Memory is not null) MemoryState.CheckFits(record, definition);
        await life.KillAsync(folder, cancellation);
        files.Stand(new SnapshotPosition(snapshotId, Returning: true));
        await ReturnAsync(folder, files, cancellation);
        if (record.Memory is not { } resumed) return;
        await life.StartAsync(definition, folder, resumed, cancellation);
        try
        {
            await MemoryState.LoadAsync(folder, files.MemoryOf(snapshotId), control, clock, cancellation);
            await control.AskAsync(folder, "cont", null, QemuControl.Limit, cancellation);
        }
        catch
        {
            await life.KillAsync(folder, CancellationToken.None);
            throw;
        }
    }

    private async Task RemoveAsync(string machineId, string snapshotId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        var folder = new MachineFolder(machinesFolder, machineId);
        if (!folder.Exists) return;
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        var files = new SnapshotFiles(folder);
        var running = MachineProcess.Search(folder) is not null;
        await RecoverAsync(folder, files, running ? new LiveDisks(folder, control, clock) : null, cancellation);
        if (files.Remove(snapshotId) is not { } record) return;
        if (running) await Chain(folder).ShortenAsync(record.Disks.Keys, cancellation);
        using var turn = await layers.LockAsync(cancellation);
        layers.Clear();
        // What a running QEMU could not give up is shortened at the next deletion or return while the machine is off.
        if (!running) await ShortenAsync(folder, record, long.MaxValue, cancellation);
        files.Forget(snapshotId);
    }

    /// <summary>The chains below the disks of a machine that runs.</summary>
    internal LiveChain Chain(MachineFolder folder) => new(folder, layers, control, clock);

    private async Task ShortenAsync(MachineFolder folder, SnapshotRecord record, long largest, CancellationToken cancellation)
    {
        foreach (var disk in record.Disks.Keys.Select(folder.In).Where(File.Exists)) await layers.ShortenAsync(disk, largest, cancellation);
    }

    /// <summary>Ends what a crash has left half done, before a machine starts.</summary>
    internal Task RecoverAsync(MachineFolder folder, CancellationToken cancellation) => RecoverAsync(folder, running: false, cancellation);

    /// <summary>The same, before something else is done to the disks.</summary>
    internal Task RecoverAsync(MachineFolder folder, bool running, CancellationToken cancellation) =>
        RecoverAsync(folder, new SnapshotFiles(folder), running ? new LiveDisks(folder, control, clock) : null, cancellation);

    /// <summary>
    /// Makes for each disk of a machine that runs what it will be written through, and the same once more outside of the machine, so that
    /// the freezing itself takes a moment only. <see cref="PlanAsync"/> comes next, or <see cref="SettleAsync"/> if it never will.
    /// </summary>
    /// <returns>The layer that each disk will have become.</returns>
    internal async Task<Dictionary<string, string>> PrepareAsync(MachineFolder folder, List<string> names, Func<string, string> overlayOf, CancellationToken cancellation)
    {
        using var turn = await layers.LockAsync(cancellation);
        var prepared = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            prepared[name] = layers.FreezeBeside(folder.In(name));
            File.Copy(Layers.BesideOf(folder.In(name), prepared[name]), overlayOf(name));
        }

        return prepared;
    }

    /// <summary>Makes ready to have QEMU write through what was prepared.</summary>
    internal Task<Func<CancellationToken, Task>> PlanAsync(MachineFolder folder, IReadOnlyDictionary<string, string> prepared, CancellationToken cancellation) =>
        new LiveDisks(folder, control, clock).PlanAsync(prepared, cancellation);

    /// <summary>Whatever came of it: QEMU may have switched although its answer did not arrive.</summary>
    internal async Task SettleAsync(MachineFolder folder)
    {
        using var turn = await layers.LockAsync(CancellationToken.None);
        await new LiveDisks(folder, control, clock).SettleAsync(CancellationToken.None);
        layers.Clear();
    }

    /// <summary>With its memory kept beside, what the guest has not written yet is not lost; without, it writes that first.</summary>
    private async Task<Dictionary<string, string>> FreezeAsync(MachineFolder folder, List<string> names, LiveDisks? live, bool memory, CancellationToken cancellation)
    {
        using var turn = await layers.LockAsync(cancellation);
        var frozen = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            foreach (var name in names)
                frozen[name] = live is null ? layers.Freeze(folder.In(name)) : layers.FreezeBeside(folder.In(name));
            if (live is null) return frozen;
            if (memory) await live.SwitchAsync(frozen, cancellation);
            else await quiet.DuringAsync(folder, () => live.SwitchAsync(frozen, cancellation), cancellation);
        }
        finally
        {
            // As above.
            if (live is not null) await live.SettleAsync(CancellationToken.None);
            layers.Clear();
        }

        return frozen;
    }

    private async Task RecoverAsync(MachineFolder folder, SnapshotFiles files, LiveDisks? live, CancellationToken cancellation)
    {
        if (live is null) File.Delete(folder.Quiet);
        else await quiet.RecoverAsync(folder);
        // A freezing that broke off after the layer had its name: the disk is still the machine's own.
        var isLayer = live is null && FileOwner.IsRoot && Directory.EnumerateFiles(folder.Path, "*.qcow2").Any(f => FileOwner.Of(f) is { IsFile: true, Links: > 1 });
        if (isLayer || Layers.Besides(folder.Path).Any() || Layers.Unfinished(folder.Path).Count > 0)
        {
            // Who looks for layers that nothing names must not look while names are exchanged.
            using var turn = await layers.LockAsync(cancellation);
            foreach (var file in Layers.Unfinished(folder.Path)) File.Delete(file);
            if (live is null) Layers.AdoptNewest(folder.Path);
            else await live.SettleAsync(cancellation);
            if (isLayer) layers.Clear();
        }

        if (live is null && files.Position.Returning) await ReturnAsync(folder, files, cancellation);
    }

    /// <summary>Puts the disks back to where the position says. The machine is off.</summary>
    private async Task ReturnAsync(MachineFolder folder, SnapshotFiles files, CancellationToken cancellation)
    {
        if (files.Position.Id is not { } id || files.Find(id) is not { } record) return;
        using (await layers.LockAsync(cancellation))
        {
            foreach (var (name, layer) in record.Disks)
            {
                var atLeast = folder.In(name) == folder.SystemDisk ? DiskFiles.SystemBytes(OwnDisks.DefinitionOf(folder)) : 0;
                layers.Stack(folder.In(name), layer, atLeast);
            }

            if (File.Exists(files.FirmwareVariablesOf(id))) FileOwner.CopyItself(files.FirmwareVariablesOf(id), folder.FirmwareVariables, overwrite: true);
            // What its last QEMU wrote to is older than what the disks now are.
            foreach (var (beside, _) in Layers.Besides(folder.Path)) File.Delete(beside);
            files.Stand(new SnapshotPosition(id, Returning: false));
            layers.Clear();
            await ShortenAsync(folder, record, LargestOnReturn, cancellation);
        }
    }

    private (MachineFolder Folder, SnapshotFiles Files) Open(string machineId)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        if (!folder.Exists) throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {machineId} on this host");
        return (folder, new SnapshotFiles(folder));
    }

    private static HypervisorException Rejected(string message) => new(HypervisorErrorKind.Rejected, message);
}
