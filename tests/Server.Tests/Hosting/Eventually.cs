namespace Warren.Server.Tests.Hosting;

/// <summary>Waits on conditions.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    public static async Task BecomesAsync(Func<Task<bool>> condition, string what, TimeSpan? within = null, Func<Task<string>>? tell = null)
    {
        using var limit = new CancellationTokenSource(within ?? Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await condition())
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"Never came true: {what}{(tell is null ? "" : "\n" + await tell())}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
