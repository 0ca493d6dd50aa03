namespace Warren.Hypervisors;

/// <summary>The machine's screen.</summary>
public interface IScreen
{
    /// <summary>Opens a fresh RFB connection (RFC 6143, security type None) to the running machine.</summary>
    /// <exception cref="HypervisorException">NotFound when the machine does not run.</exception>
    Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation);
}

/// <summary>The machine's first serial line.</summary>
public interface ISerial
{
    /// <summary>Opens the line for reading and writing.</summary>
    Task<Stream> OpenAsync(string machineId, CancellationToken cancellation);

    /// <summary>Opens the kept log of everything the guest wrote, for reading from the start; empty when there is none yet.</summary>
    Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation);
}
