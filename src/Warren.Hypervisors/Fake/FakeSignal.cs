using System.Collections.Concurrent;

namespace Warren.Hypervisors.Fake;

/// <summary>Tells everybody in this process who looks at one imitated host that something there has changed.</summary>
internal sealed class FakeSignal
{
    private static readonly ConcurrentDictionary<string, FakeSignal> s_byFolder = new(StringComparer.Ordinal);
    private TaskCompletionSource _next = New();

    /// <summary>The signal of a host: drivers on one folder share it, without a folder each has its own.</summary>
    internal static FakeSignal Of(string? folder) => folder is null ? new FakeSignal() : s_byFolder.GetOrAdd(Path.GetFullPath(folder), _ => new FakeSignal());

    /// <summary>Ends at the next change. Take it before looking, so that no change falls between.</summary>
    internal Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Something has changed.</summary>
    internal void Raise() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    /// <summary>Waits for the change or for a time by the clock, whichever is first.</summary>
    internal static async Task WaitAsync(Task next, DateTimeOffset? until, TimeProvider clock, CancellationToken cancellation)
    {
        if (until is null)
        {
            await next.WaitAsync(cancellation);
            return;
        }

        var left = until.Value - clock.GetUtcNow();
        if (left <= TimeSpan.Zero) return;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(next, Task.Delay(left, clock, enough.Token));
        await enough.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
