using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu.Snapshots;

/// <summary>
/// Linked clones: what the source's disks hold becomes layers, upon which the source and the clone both lie. A full clone is one
/// whose disks have taken in afterwards what lies below them.
/// </summary>
internal sealed class QemuClones(string machinesFolder, Layers layers, DiskFiles disks, QemuLife life, QemuSnapshots snapshots, TimeProvider clock) : IClones
{
    /// <inheritdoc/>
    public Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => MakeAsync(sourceId, definition, progress, cancellation));

    /// <inheritdoc/>
    public Task FlattenAsync(string machineId, IProgress<double> progress, CancellationToken cancellation) =>
        HostDisk.AnswerForAsync(() => FlattenNowAsync(new MachineFolder(machinesFolder, machineId), progress, cancellation));

    private async Task FlattenNowAsync(MachineFolder folder, IProgress<double> progress, CancellationToken cancellation)
    {
        if (!folder.Exists) throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {folder.Id} on this host");
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        SuspendFiles.Refuse(folder, "flattened");
        if (MachineProcess.Search(folder) is not null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {folder.Id} runs; stop it before its disks are flattened");
        await snapshots.RecoverAsync(folder, cancellation);
        var names = OwnDisks.Of(OwnDisks.DefinitionOf(folder), folder);
        for (var i = 0; i < names.Count; i++)
        {
            await disks.FlattenAsync(folder.In(names[i]), cancellation);
            progress.Report((i + 1.0) / names.Count);
        }

        using var turn = await layers.LockAsync(cancellation);
        layers.Clear();
    }

    private async Task MakeAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        if (definition.Ephemeral)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "a clone cannot be ephemeral: at its next start it would be its image again");
        var (source, clone) = (new MachineFolder(machinesFolder, sourceId), new MachineFolder(machinesFolder, definition.Id));
        clone.CheckSocketPaths();
        using var both = await MachineLock.TakeBothAsync(source, clone, clock, cancellation);
        if (!clone.Exists) await CopyAsync(source, clone, definition, cancellation);
        progress.Report(1);
    }

    private async Task CopyAsync(MachineFolder source, MachineFolder clone, MachineDefinition definition, CancellationToken cancellation)
    {
        var original = OwnDisks.DefinitionOf(source);
        SuspendFiles.Refuse(source, "cloned");
        if (MachineProcess.Search(source) is not null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {source.Id} runs; stop it before it is cloned");
        await snapshots.RecoverAsync(source, cancellation);
        using var turn = await layers.LockAsync(cancellation);
        try
        {
            clone.Make();
            foreach (var name in OwnDisks.Of(original, source))
            {
                var layer = layers.Freeze(source.In(name));
                var atLeast = source.In(name) == source.SystemDisk ? DiskFiles.SystemBytes(definition) : 0;
                layers.Stack(clone.In(name), layer, atLeast);
            }

            if (File.Exists(source.FirmwareVariables)) FileOwner.CopyItself(source.FirmwareVariables, clone.FirmwareVariables, overwrite: true);
            await life.CompleteAsync(definition, clone, cancellation);
        }
        catch
        {
            clone.Remove();
            layers.Clear();
            throw;
        }
    }
}
