using System.Collections.Concurrent;

namespace Warren.Hypervisors.Libvirt.Storage;

/// <summary>One at a time for a thing of a host, among all drivers of this process.</summary>
internal static class Gates
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> s_gates = new(StringComparer.Ordinal);

    /// <summary>Waits for its turn; disposing ends it.</summary>
    internal static async Task<IDisposable> EnterAsync(string host, string thing, CancellationToken cancellation)
    {
        var gate = s_gates.GetOrAdd($"{host}\n{thing}", _ => new SemaphoreSlim(1));
        await gate.WaitAsync(cancellation);
        return new Turn(gate);
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0) gate.Release();
        }
    }
}
