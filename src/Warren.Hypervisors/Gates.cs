namespace Warren.Hypervisors;

/// <summary>One at a time for a thing of a host, among all drivers of this process: an undo must never meet another's creation.</summary>
internal static class Gates
{
    private static readonly Dictionary<(string Host, string Thing), Gate> s_gates = [];

    /// <summary>Waits for its turn; disposing ends it.</summary>
    /// <param name="host">What tells the host from others: its address.</param>
    /// <param name="thing">A machine's id, a volume's name.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    internal static async Task<IDisposable> EnterAsync(string host, string thing, CancellationToken cancellation)
    {
        var key = (host, thing);
        Gate gate;
        lock (s_gates)
        {
            if (!s_gates.TryGetValue(key, out gate!)) s_gates[key] = gate = new Gate();
            gate.Users++;
        }

        try
        {
            await gate.Semaphore.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Leave(key, gate);
            throw;
        }

        return new Turn(key, gate);
    }

    /// <summary>The last to leave takes the gate away, so that machines that are gone leave nothing here.</summary>
    private static void Leave((string Host, string Thing) key, Gate gate)
    {
        lock (s_gates)
        {
            if (--gate.Users > 0) return;
            s_gates.Remove(key);
        }

        gate.Semaphore.Dispose();
    }

    private sealed class Gate
    {
        public SemaphoreSlim Semaphore { get; } = new(1);

        public int Users { get; set; }
    }

    private sealed class Turn((string Host, string Thing) key, Gate gate) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0) return;
            gate.Semaphore.Release();
            Leave(key, gate);
        }
    }
}
