namespace Warren.Hypervisors.Qemu;

/// <summary>The screen, as QEMU's RFB server on a unix socket gives it. Several viewers may be connected.</summary>
internal sealed class QemuScreen(string machinesFolder, TimeProvider clock) : IScreen
{
    /// <inheritdoc/>
    public Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        return UnixSockets.OpenStreamAsync(folder, folder.RfbSocket, clock, cancellation);
    }
}

/// <summary>The first serial line. QEMU serves one reader at a time: a second stream stays silent until the first is closed.</summary>
internal sealed class QemuSerial(string machinesFolder, TimeProvider clock) : ISerial
{
    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        return UnixSockets.OpenStreamAsync(folder, folder.SerialSocket, clock, cancellation);
    }

    /// <inheritdoc/>
    public Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        if (!folder.Exists)
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {machineId} on this host");
        return Task.FromResult<Stream>(File.Exists(folder.SerialLog)
            ? new FileStream(folder.SerialLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
            : new MemoryStream([], writable: false));
    }
}
