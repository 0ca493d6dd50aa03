using System.Runtime.CompilerServices;

namespace Warren.Hypervisors.Fake;

/// <summary>Tells of our machines whose power or process is another than before.</summary>
internal sealed class FakeChanges(FakeHypervisor host) : IChanges
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var before = await host.RunAsync("Watch", null, Look, cancellation);
        while (true)
        {
            var (next, now) = host.Do(state => (state.Store.Signal.Next, Look(state)));
            foreach (var (id, seen) in now)
            {
                if (!before.TryGetValue(id, out var known) || known != seen) yield return id;
            }

            foreach (var id in before.Keys.Where(id => !now.ContainsKey(id))) yield return id;
            before = now;
            await host.WaitForChangeAsync(next, cancellation);
        }
    }

    private static Dictionary<string, (ObservedPower Power, int ProcessId)> Look(FakeState state) => state.All()
        .Where(m => !m.Foreign).ToDictionary(m => m.Definition.Id, m => (m.Power, m.ProcessId), StringComparer.Ordinal);
}
