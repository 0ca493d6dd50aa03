using System.Collections.Concurrent;

namespace Warren.Hypervisors.Fake;

/// <summary>How much machines are used, as tests have it. It belongs to the driver, not to the host: a new driver begins without.</summary>
public sealed class FakeUses
{
    /// <summary>What a guest with nothing to do takes, of one CPU.</summary>
    private const double Resting = 0.02;

    private readonly ConcurrentDictionary<string, Use> _uses = new(StringComparer.Ordinal);

    /// <summary>CPU that a machine takes from now on, where 1 is one CPU in full.</summary>
    public void Work(string machineId, double cpus, DateTimeOffset now) =>
        Change(machineId, u => u with { Before = u.Since is { } since ? u.Spent(now, since) : TimeSpan.Zero, Since = now, Cpus = cpus });

    /// <summary>Connections to a machine's ports from now on.</summary>
    public void Connect(string machineId, int connections) => Change(machineId, u => u with { Connections = connections });

    internal MachineActivity Of(string machineId, DateTimeOffset startedAt, DateTimeOffset now)
    {
        var use = _uses.GetValueOrDefault(machineId, Use.None);
        return new MachineActivity(use.Spent(now, use.Since ?? startedAt).Ticks * TimeSpan.NanosecondsPerTick, use.Connections);
    }

    private void Change(string machineId, Func<Use, Use> change) => _uses.AddOrUpdate(machineId, _ => change(Use.None), (_, use) => change(use));

    private sealed record Use(TimeSpan Before, DateTimeOffset? Since, double Cpus, int Connections)
    {
        internal static Use None { get; } = new(TimeSpan.Zero, null, Resting, 0);

        internal TimeSpan Spent(DateTimeOffset now, DateTimeOffset since) => Before + ((now - since) * Cpus);
    }
}

/// <summary>Signs of use that tests set.</summary>
internal sealed class FakeActivity(FakeHypervisor host, FakeUses uses, TimeProvider clock) : IActivity
{
    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, MachineActivity>> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation) =>
        host.RunAsync<IReadOnlyDictionary<string, MachineActivity>>("LookActivity", null, state => machineIds
            .Select(state.Find).OfType<FakeMachine>().Where(m => m.Runs)
            .ToDictionary(m => m.Definition.Id, m => uses.Of(m.Definition.Id, m.StartedAt!.Value, clock.GetUtcNow()), StringComparer.Ordinal), cancellation);
}
