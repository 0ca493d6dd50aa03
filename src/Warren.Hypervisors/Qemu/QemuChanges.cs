using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu;

/// <summary>Pause and continue by QMP's <c>stop</c> and <c>cont</c>.</summary>
internal sealed class QemuPower(string machinesFolder, QemuControl control) : IPower
{
    /// <inheritdoc/>
    public Task PauseAsync(string machineId, CancellationToken cancellation) => RunAsync(machineId, "stop", cancellation);

    /// <inheritdoc/>
    public Task ResumeAsync(string machineId, CancellationToken cancellation) => RunAsync(machineId, "cont", cancellation);

    private async Task RunAsync(string machineId, string command, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        if (MachineProcess.Find(folder) is null || SuspendFiles.IsSuspended(folder))
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} does not run");
        await control.RunAsync(folder, cancellation, command);
    }
}

/// <summary>Memory and CPUs are read from the definition at each start; only the disk is a file that must grow.</summary>
internal sealed class QemuResize(string machinesFolder, DiskFiles disks, TimeProvider clock) : IResize
{
    /// <inheritdoc/>
    public async Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        var folder = new MachineFolder(machinesFolder, definition.Id);
        using var _ = await MachineLock.TakeAsync(folder, clock, cancellation);
        if (!folder.Exists)
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {definition.Id} on this host");
        SuspendFiles.Refuse(folder, "resized");
        if (MachineProcess.Search(folder) is not null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
        await disks.GrowAsync(definition, folder, cancellation);
        PrivateFile.Write(folder.Definition, definition);
    }
}
