using Warren.Hypervisors.Guests;

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
    public IKeptLogs? Kept { get; } = new SerialLogFiles(machinesFolder);

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        return UnixSockets.OpenStreamAsync(folder, folder.SerialSocket, clock, cancellation);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation) => new KeptLogStream(await Kept!.OpenAsync(machineId, cancellation));
}

/// <summary>The port of the guest's SPICE agent, on a socket: QEMU carries its bytes and knows nothing of them.</summary>
internal sealed class QemuClipboard(string machinesFolder, TimeProvider clock) : IClipboard
{
    /// <inheritdoc/>
    public async Task<ISharedClipboard> OpenAsync(string machineId, CancellationToken cancellation)
    {
        var folder = new MachineFolder(machinesFolder, machineId);
        // Started before there was such a port, or resumed from a state that has none.
        if (MachineProcess.Find(folder) is not null && !File.Exists(folder.ClipboardSocket))
            throw new HypervisorException(HypervisorErrorKind.Unsupported, $"machine {machineId} has no port for a clipboard until it is started anew");
        return new SpiceAgent(await UnixSockets.OpenStreamAsync(folder, folder.ClipboardSocket, clock, cancellation), clock);
    }
}
