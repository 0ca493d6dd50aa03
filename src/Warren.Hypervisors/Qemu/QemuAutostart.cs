namespace Warren.Hypervisors.Qemu;

/// <summary>
/// Start with the host. Nobody but us starts QEMU, so the mark lies in the machine's folder, and who ran when the host went down is
/// told by the record of its process: one of another boot that nobody ended on purpose.
/// </summary>
internal sealed class QemuAutostart(string machinesFolder, TimeProvider clock) : IAutostart
{
    /// <inheritdoc/>
    public Task<bool> GetAsync(string machineId, CancellationToken cancellation) => Task.FromResult(File.Exists(Require(machineId).Autostart));

    /// <inheritdoc/>
    public async Task SetAsync(string machineId, bool on, CancellationToken cancellation)
    {
        using var _ = await MachineLock.TakeAsync(Require(machineId), clock, cancellation);
        // Looked at again: it may have been deleted while the lock was waited for.
        var folder = Require(machineId);
        if (on) PrivateFile.Write(folder.Autostart, new Mark(clock.GetUtcNow()));
        else File.Delete(folder.Autostart);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> ListDueAsync(CancellationToken cancellation)
    {
        var ids = Directory.Exists(machinesFolder) ? Directory.EnumerateDirectories(machinesFolder).Select(d => Path.GetFileName(d)) : [];
        return Task.FromResult<IReadOnlyList<string>>([.. ids.Where(id => DefinitionRules.IsId(id) && IsDue(new MachineFolder(machinesFolder, id)))]);
    }

    private static bool IsDue(MachineFolder folder) => folder.Exists && File.Exists(folder.Autostart)
        && PrivateFile.Read<ProcessRecord>(folder.ProcessRecord) is { } record && record.BootId != HostProcesses.BootId
        && MachineProcess.Find(folder) is null;

    private MachineFolder Require(string machineId) => new MachineFolder(machinesFolder, machineId) is { Exists: true } folder ? folder
        : throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {machineId} on this host");

    /// <summary>What the file says; that it is there is what counts.</summary>
    private sealed record Mark(DateTimeOffset Since);
}
