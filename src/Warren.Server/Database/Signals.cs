namespace Warren.Server.Database;

/// <summary>
/// Wakes whoever waits for changes in this process. A signal is a hint: waiters look at the database anyway after a
/// while, which is what makes several replicas on one PostgreSQL work.
/// </summary>
internal sealed class Signals(TimeProvider clock)
{
    private TaskCompletionSource _next = Fresh();

    /// <summary>A point to wait from. Take it before looking at the database, so that no change falls between.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Tells everybody that something was committed.</summary>
    public void PulseAll() => Interlocked.Exchange(ref _next, Fresh()).TrySetResult();

    /// <summary>Waits for <paramref name="next"/> or the time to pass, whichever is first.</summary>
    public async Task WaitAsync(Task next, TimeSpan atMost, CancellationToken cancellation)
    {
        if (atMost <= TimeSpan.Zero) return;
        try
        {
            await next.WaitAsync(atMost, clock, cancellation);
        }
        catch (TimeoutException)
        {
            // Time to look anyway.
        }
    }

    private static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
