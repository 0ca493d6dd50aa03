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

    /// <summary>The same log by places; null where it can only be had as a whole.</summary>
    IKeptLogs? Kept => null;
}

/// <summary>The guest's clipboard, where its desktop has an agent that shares it.</summary>
public interface IClipboard
{
    /// <summary>Joins the clipboard of the running machine. One at a time: a second one waits until the first has been disposed of.</summary>
    /// <exception cref="HypervisorException">NotFound when the machine does not run; Busy when another has it and this hypervisor cannot wait.</exception>
    Task<ISharedClipboard> OpenAsync(string machineId, CancellationToken cancellation);
}

/// <summary>One end of a clipboard that two share. Lines of text end with a line feed, whatever the guest's end with.</summary>
public interface ISharedClipboard : IAsyncDisposable
{
    /// <summary>Longest text that is carried, bytes of UTF-8; a longer one stays where it was copied.</summary>
    const int LongestText = 1 << 20;

    /// <summary>Waits for the next text that is copied in the guest.</summary>
    /// <exception cref="IOException">The machine has gone.</exception>
    Task<string> NextAsync(CancellationToken cancellation);

    /// <summary>Offers a text to the guest; a guest whose agent comes later has it then.</summary>
    /// <exception cref="IOException">The machine has gone.</exception>
    Task OfferAsync(string text, CancellationToken cancellation);
}
