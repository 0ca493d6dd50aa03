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

/// <summary>The agent inside the guest (qemu-guest-agent or its like).</summary>
public interface IGuest
{
    /// <summary>Whether the agent answers within a short moment. Never throws for an agent that is silent.</summary>
    Task<bool> PingAsync(string machineId, CancellationToken cancellation);

    /// <summary>Runs a program in the guest and waits for it.</summary>
    /// <exception cref="HypervisorException">Unreachable when the agent is silent.</exception>
    Task<GuestExecResult> ExecAsync(string machineId, GuestExec exec, CancellationToken cancellation);

    /// <summary>Reads a file, up to <paramref name="limit"/> bytes; null when it does not exist.</summary>
    Task<byte[]?> ReadFileAsync(string machineId, string path, int limit, CancellationToken cancellation);

    /// <summary>Writes a whole file, replacing what was there.</summary>
    Task WriteFileAsync(string machineId, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>Adds public keys (OpenSSH one-line format) to a guest user's authorized_keys.</summary>
    Task AddAuthorizedKeysAsync(string machineId, string user, IReadOnlyList<string> publicKeys, CancellationToken cancellation);
}

/// <summary>A program to run in the guest.</summary>
/// <param name="Path">Absolute path in the guest.</param>
/// <param name="Arguments">Argument list.</param>
/// <param name="Input">Bytes for standard input.</param>
/// <param name="Timeout">How long to wait for its end.</param>
public sealed record GuestExec(string Path, IReadOnlyList<string> Arguments, byte[]? Input, TimeSpan Timeout);

/// <summary>What a guest program left behind.</summary>
public sealed record GuestExecResult(int ExitCode, byte[] Output, byte[] Error, bool Truncated);

/// <summary>Pause and continue of a running machine.</summary>
public interface IPower
{
    /// <summary>Stops the virtual CPUs; memory stays.</summary>
    Task PauseAsync(string machineId, CancellationToken cancellation);

    /// <summary>Lets the virtual CPUs run again.</summary>
    Task ResumeAsync(string machineId, CancellationToken cancellation);
}

/// <summary>Changes to a stopped machine.</summary>
public interface IResize
{
    /// <summary>Brings memory, CPUs and disk size of the stopped machine to what the definition says. Disks only grow.</summary>
    /// <exception cref="HypervisorException">Rejected when the disk would shrink or the machine runs.</exception>
    Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation);
}
