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
    public async Task WriteFileAsync(string machineId, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await AgentAsync("WriteFile", machineId, cancellation);
        await host.ChangeAsync("WriteFile", machineId, machine => machine with
        {
            Files = new Dictionary<string, byte[]>(machine.Files, StringComparer.Ordinal) { [path] = content.ToArray() },
        }, cancellation);
    }

    /// <inheritdoc/>
    public async Task AddAuthorizedKeysAsync(
        string machineId, string user, IReadOnlyList<string> publicKeys, CancellationToken cancellation)
    {
        var path = user == "root" ? "/root/.ssh/authorized_keys" : $"/home/{user}/.ssh/authorized_keys";
        var before = await ReadFileAsync(machineId, path, int.MaxValue, cancellation) ?? [];
        var lines = Encoding.UTF8.GetString(before).Split('\n', StringSplitOptions.RemoveEmptyEntries).Union(publicKeys, StringComparer.Ordinal);
        await WriteFileAsync(machineId, path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), cancellation);
    }

    private async Task<FakeMachine> AgentAsync(string call, string machineId, CancellationToken cancellation)
    {
        var machine = await host.LookAsync(call, machineId, cancellation);
        if (!machine.Runs) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} does not run");
        if (machine.Power == ObservedPower.Paused || clock.GetUtcNow() < machine.StartedAt + options.AgentAfter)
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {machineId} does not answer");
        return machine;
    }
}

/// <summary>A log of one line; no line to type on.</summary>
internal sealed class FakeSerial(FakeHypervisor host) : ISerial
{
    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string machineId, CancellationToken cancellation)
    {
        var machine = await host.LookAsync("OpenSerial", machineId, cancellation);
        return machine.Runs
            ? new MemoryStream()
            : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} does not run");
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenLogAsync(string machineId, CancellationToken cancellation)
    {
        var machine = await host.LookAsync("OpenSerialLog", machineId, cancellation);
        return new MemoryStream(machine.Runs ? Encoding.UTF8.GetBytes($"{machine.Definition.Name}: imitation, nothing boots here\n") : [], writable: false);
    }
}

/// <summary>Pause and continue.</summary>
internal sealed class FakePower(FakeHypervisor host) : IPower
{
    /// <inheritdoc/>
    public Task PauseAsync(string machineId, CancellationToken cancellation) =>
        host.ChangeAsync("Pause", machineId, machine => machine.Paused(), cancellation);

    /// <inheritdoc/>
    public Task ResumeAsync(string machineId, CancellationToken cancellation) =>
        host.ChangeAsync("Resume", machineId, machine => machine.Resumed(), cancellation);
}

/// <summary>Change of the definition of a stopped machine.</summary>
internal sealed class FakeResize(FakeHypervisor host) : IResize
{
    /// <inheritdoc/>
    public Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition);
        return host.ChangeAsync("Resize", definition.Id, machine =>
        {
            if (machine.Runs)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
            if (definition.DiskGiB < machine.Definition.DiskGiB)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"diskGiB cannot shrink: the disk has {machine.Definition.DiskGiB} GiB");
            return machine with { Definition = definition };
        }, cancellation);
    }
}
