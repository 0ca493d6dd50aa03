using System.Collections.Concurrent;

namespace Warren.Hypervisors.Fake;

/// <summary>Failures to come: the next n runs of a call fail with a kind.</summary>
public sealed class FakeFaults
{
    private readonly ConcurrentDictionary<string, (HypervisorErrorKind Kind, int Left)> _planned = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>Names of all calls made so far, with the machine's id: <c>Start abc</c>.</summary>
    public IReadOnlyCollection<string> Calls => _calls;

    /// <summary>Lets the next runs of a call fail.</summary>
    /// <param name="call">Name as in <see cref="FakeOptions.Delays"/>.</param>
    /// <param name="kind">Kind of the failure.</param>
    /// <param name="times">How often.</param>
    public void Fail(string call, HypervisorErrorKind kind, int times = 1) => _planned[call] = (kind, times);

    /// <summary>Notes a call and throws when a failure is planned for it.</summary>
    internal void Pass(string call, string? machineId)
    {
        _calls.Enqueue(machineId is null ? call : $"{call} {machineId}");
        while (_planned.TryGetValue(call, out var plan) && plan.Left > 0)
        {
            if (_planned.TryUpdate(call, plan with { Left = plan.Left - 1 }, plan))
                throw new HypervisorException(plan.Kind, $"planned failure of {call}");
        }
    }
}
