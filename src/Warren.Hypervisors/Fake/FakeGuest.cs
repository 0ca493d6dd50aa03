using System.Text;

namespace Warren.Hypervisors.Fake;

/// <summary>An agent that echoes and keeps files.</summary>
internal sealed class FakeGuest(FakeHypervisor host, FakeOptions options, TimeProvider clock) : IGuest
{
    /// <inheritdoc/>
    public async Task<bool> PingAsync(string machineId, CancellationToken cancellation)
    {
        try
        {
            await AgentAsync("Ping", machineId, cancellation);
            return true;
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.NotFound or HypervisorErrorKind.Unreachable)
        {
            return false;
        }
    }

    /// <summary>Knows <c>/bin/echo</c> and <c>/bin/cat</c>; every other program ends with 127, as in a shell.</summary>
    public async Task<GuestExecResult> ExecAsync(string machineId, GuestExec exec, CancellationToken cancellation)
    {
        await AgentAsync("Exec", machineId, cancellation);
        return exec.Path switch
        {
            "/bin/echo" => new GuestExecResult(0, Encoding.UTF8.GetBytes(string.Join(' ', exec.Arguments) + "\n"), [], false),
            "/bin/cat" => new GuestExecResult(0, exec.Input ?? [], [], false),
            _ => new GuestExecResult(127, [], Encoding.UTF8.GetBytes($"{exec.Path}: not found\n"), false),
        };
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadFileAsync(string machineId, string path, int limit, CancellationToken cancellation)
    {
        var machine = await AgentAsync("ReadFile", machineId, cancellation);
        return machine.Files.TryGetValue(path, out var content) ? content[..Math.Min(limit, content.Length)] : null;
    }

    /// <inheritdoc/>
    public Task WriteFileAsync(string machineId, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        host.ChangeAsync("WriteFile", machineId, machine => InsistOnAgent(machine) with
        {
            Files = new Dictionary<string, byte[]>(machine.Files, StringComparer.Ordinal) { [path] = content.ToArray() },
        }, cancellation);

    /// <inheritdoc/>
    public async Task AddAuthorizedKeysAsync(
        string machineId, string user, IReadOnlyList<string> publicKeys, CancellationToken cancellation)
    {
        var path = user == "root" ? "/root/.ssh/authorized_keys" : $"/home/{user}/.ssh/authorized_keys";
        var before = await ReadFileAsync(machineId, path, int.MaxValue, cancellation) ?? [];
        var lines = Encoding.UTF8.GetString(before).Split('\n', StringSplitOptions.RemoveEmptyEntries).Union(publicKeys, StringComparer.Ordinal);
        await WriteFileAsync(machineId, path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), cancellation);
    }

    private async Task<FakeMachine> AgentAsync(string call, string machineId, CancellationToken cancellation) =>
        InsistOnAgent(await host.LookAsync(call, machineId, cancellation));

    private FakeMachine InsistOnAgent(FakeMachine machine)
    {
        var id = machine.Definition.Id;
        if (!machine.Runs) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run");
        if (machine.Power == ObservedPower.Paused || clock.GetUtcNow() < machine.StartedAt + options.AgentAfter)
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {id} does not answer");
        return machine;
    }
}
