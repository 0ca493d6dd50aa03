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

    /// <summary>
    /// Knows <c>/bin/echo</c>, <c>/bin/cat</c>, <c>/usr/bin/tail -c N FILE</c> and <c>/bin/sh -c</c> (<see cref="FakeShell"/>); every other
    /// program ends with 127, as in a shell.
    /// </summary>
    public async Task<GuestExecResult> ExecAsync(string machineId, GuestExec exec, CancellationToken cancellation)
    {
        if (exec is { Path: "/bin/sh", Arguments: ["-c", var script] }) return await ShellAsync(machineId, script, cancellation);
        var machine = await AgentAsync("Exec", machineId, cancellation);
        return exec.Path switch
        {
            "/bin/echo" => new GuestExecResult(0, Encoding.UTF8.GetBytes(string.Join(' ', exec.Arguments) + "\n"), [], false),
            "/bin/cat" => new GuestExecResult(0, exec.Input ?? [], [], false),
            "/usr/bin/tail" when exec.Arguments is ["-c", var count, var path] => machine.Files.TryGetValue(path, out var content)
                ? new GuestExecResult(0, content[^Math.Min(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture), content.Length)..], [], false)
                : new GuestExecResult(1, [], Encoding.UTF8.GetBytes($"tail: cannot open '{path}' for reading\n"), false),
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
        var path = KeysOf(user);
        var before = await ReadFileAsync(machineId, path, int.MaxValue, cancellation) ?? [];
        var lines = Encoding.UTF8.GetString(before).Split('\n', StringSplitOptions.RemoveEmptyEntries).Union(publicKeys, StringComparer.Ordinal);
        await WriteFileAsync(machineId, path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), cancellation);
    }

    private async Task<FakeMachine> AgentAsync(string call, string machineId, CancellationToken cancellation) =>
        InsistOnAgent(await host.LookAsync(call, machineId, cancellation));

    /// <summary>Where a user's authorized keys are.</summary>
    internal static string KeysOf(string user) => user == "root" ? "/root/.ssh/authorized_keys" : $"/home/{user}/.ssh/authorized_keys";

    private async Task<GuestExecResult> ShellAsync(string machineId, string script, CancellationToken cancellation)
    {
        GuestExecResult? result = null;
        await host.ChangeAsync("Exec", machineId, machine =>
        {
            var files = new Dictionary<string, byte[]>(InsistOnAgent(machine).Files, StringComparer.Ordinal);
            result = new FakeShell(files).Run(script);
            return machine with { Files = files };
        }, cancellation);
        return result!;
    }

    /// <summary>The machine, whose agent answers.</summary>
    /// <exception cref="HypervisorException">NotFound; Unreachable.</exception>
    internal FakeMachine InsistOnAgent(FakeMachine machine)
    {
        var id = machine.Definition.Id;
        if (!machine.Runs) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run");
        if (machine.Power == ObservedPower.Paused || clock.GetUtcNow() < machine.StartedAt + options.AgentAfter)
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {id} does not answer");
        return machine;
    }
}
