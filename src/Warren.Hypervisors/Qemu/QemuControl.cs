using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu;

/// <summary>QMP commands to running machines. Calls of this process to one machine queue here, fairly, instead of at QEMU's socket.</summary>
internal sealed class QemuControl(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <summary>How long QEMU may take for an ordinary answer.</summary>
    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Gives commands in order over one connection and returns their answers.</summary>
    /// <exception cref="HypervisorException">Unreachable when QEMU is silent, Rejected when it refuses.</exception>
    internal Task<JsonNode?[]> RunAsync(MachineFolder folder, CancellationToken cancellation, params string[] commands) =>
        RunAsync(folder, Limit, cancellation, [.. commands.Select(c => (c, (JsonObject?)null))]);

    /// <summary>The same of commands with arguments.</summary>
    /// <exception cref="HypervisorException">Unreachable when QEMU is silent for <paramref name="limit"/>, Rejected when it refuses.</exception>
    internal async Task<JsonNode?[]> RunAsync(
        MachineFolder folder, TimeSpan limit, CancellationToken cancellation, params (string Name, JsonObject? Arguments)[] commands)
    {
        var gate = _gates.GetOrAdd(folder.Id, _ => new SemaphoreSlim(1));
        if (!await gate.WaitAsync(Limit, cancellation))
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the control socket of machine {folder.Id} is busy");
        try
        {
            using var qmp = await QmpConnection.OpenAsync(folder.QmpSocket, Limit, clock, cancellation);
            var answers = new JsonNode?[commands.Length];
            for (var i = 0; i < commands.Length; i++)
                answers[i] = await qmp.CommandAsync(commands[i].Name, commands[i].Arguments, limit, clock, cancellation);
            return answers;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Has a conversation whose later commands depend on earlier answers; nobody else speaks meanwhile.</summary>
    /// <exception cref="HypervisorException">Unreachable when QEMU is silent, Rejected when it refuses.</exception>
    internal async Task<T> ConverseAsync<T>(MachineFolder folder, Func<Ask, Task<T>> talk, CancellationToken cancellation)
    {
        var gate = _gates.GetOrAdd(folder.Id, _ => new SemaphoreSlim(1));
        if (!await gate.WaitAsync(Limit, cancellation))
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the control socket of machine {folder.Id} is busy");
        try
        {
            using var qmp = await QmpConnection.OpenAsync(folder.QmpSocket, Limit, clock, cancellation);
            return await talk((command, arguments) => qmp.CommandAsync(command, arguments, Limit, clock, CancellationToken.None));
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Gives one command of a conversation.</summary>
    internal delegate Task<JsonNode?> Ask(string command, JsonObject? arguments);

    /// <summary>Gives one command with arguments and returns its answer.</summary>
    /// <exception cref="HypervisorException">Unreachable when QEMU is silent for <paramref name="limit"/>, Rejected when it refuses.</exception>
    internal async Task<JsonNode?> AskAsync(
        MachineFolder folder, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation) =>
        (await RunAsync(folder, limit, cancellation, (command, arguments)))[0];

    /// <summary>Forgets a machine that is gone.</summary>
    internal void Forget(string id) => _gates.TryRemove(id, out _);
}
