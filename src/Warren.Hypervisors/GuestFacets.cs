namespace Warren.Hypervisors;

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

/// <summary>Addresses of the guest as the hypervisor knows them (lease, agent, port mapping).</summary>
public interface IAddresses
{
    /// <summary>Addresses now, IPv4 before IPv6, without loopback and link-local; empty while there are none.</summary>
    Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation);
}
