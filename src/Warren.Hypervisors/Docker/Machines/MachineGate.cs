using System.Collections.Concurrent;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>One change of a machine at a time, for all drivers of this process: an undo must never meet another's creation.</summary>
internal static class MachineGate
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> s_gates = new(StringComparer.Ordinal);

    /// <summary>Waits for the machine's turn; disposing gives it back.</summary>
    internal static async Task<IDisposable> EnterAsync(DockerOptions options, string id, CancellationToken cancellation)
    {
        var gate = s_gates.GetOrAdd($"{options.Endpoint} {options.Host} {id}", _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellation);
        return new Turn(gate);
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
