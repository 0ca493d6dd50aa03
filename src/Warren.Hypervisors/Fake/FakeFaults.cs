using System.Collections.Concurrent;

namespace Warren.Hypervisors.Fake;

/// <summary>
/// Failures to come: the next n runs of a call fail with a kind, hang until they are cancelled, lose the connection or
/// answer with rubbish. The call <c>*</c> stands for all that have no plan of their own.
/// </summary>
public sealed class FakeFaults
{
    private readonly ConcurrentDictionary<string, (Func<string, CancellationToken, Task> Fault, int Left)> _planned = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>Names of all calls made so far, with the machine's id: <c>Start abc</c>.</summary>
    public IReadOnlyCollection<string> Calls => _calls;

    /// <summary>Lets the next runs of a call fail.</summary>
    /// <param name="call">Name as in <see cref="FakeOptions.Delays"/>.</param>
    /// <param name="kind">Kind of the failure.</param>
    /// <param name="times">How often.</param>
    public void Fail(string call, HypervisorErrorKind kind, int times = 1) =>
        _planned[call] = ((name, _) => throw new HypervisorException(kind, $"planned failure of {name}"), times);

    /// <summary>Lets the next runs of a call hang until they are cancelled.</summary>
    public void Hang(string call, int times = int.MaxValue) =>
        _planned[call] = ((_, cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation), times);

    /// <summary>Lets the next run of a call wait for something before it does what it does.</summary>
    /// <returns>Ends when a run waits.</returns>
    public Task Hold(string call, Task until)
    {
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _planned[call] = ((_, cancellation) =>
        {
            waits.TrySetResult();
            return until.WaitAsync(cancellation);
        }, 1);
        return waits.Task;
    }

    /// <summary>Lets the connection break in the next runs of a call.</summary>
    public void Drop(string call, int times = int.MaxValue) =>
        _planned[call] = ((name, _) => throw new IOException($"planned loss of the connection in {name}"), times);

    /// <summary>Lets the next runs of a call meet an answer that is not of this world.</summary>
    public void Rubbish(string call, int times = int.MaxValue) =>
        _planned[call] = ((name, _) => throw new FormatException($"planned rubbish in {name}: <html>"), times);

    /// <summary>Forgets all plans.</summary>
    public void Clear() => _planned.Clear();

    /// <summary>Notes a call and does what is planned for it.</summary>
    internal async Task PassAsync(string call, string? machineId, CancellationToken cancellation)
    {
        _calls.Enqueue(machineId is null ? call : $"{call} {machineId}");
        foreach (var key in new[] { call, "*" })
        {
            while (_planned.TryGetValue(key, out var plan) && plan.Left > 0)
            {
                if (!_planned.TryUpdate(key, plan with { Left = plan.Left - 1 }, plan)) continue;
                await plan.Fault(call, cancellation);
                return;
            }
        }
    }
}
