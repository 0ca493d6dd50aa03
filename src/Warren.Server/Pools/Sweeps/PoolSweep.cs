using Warren.Server.Database;

namespace Warren.Server.Pools.Sweeps;

/// <summary>A sweep that looks again soon after anything was committed here, and each second for what others do.</summary>
internal abstract class PoolSweep(IServiceScopeFactory scopes, Signals signals, TimeProvider clock, ILogger log) : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The same where there are no pools: whoever makes the first one looks after it at once.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>Between two looks: every commit is a signal, and a busy server has hundreds a second.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);

    protected IServiceScopeFactory Scopes => scopes;

    protected TimeProvider Clock => clock;

    protected ILogger Log => log;

    /// <summary>One look.</summary>
    /// <returns>Whether there is anything to look after.</returns>
    protected abstract Task<bool> SweepAsync(CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signals.Next;
            try
            {
                var any = await SweepAsync(stoppingToken);
                await Task.Delay(Breath, clock, stoppingToken);
                await signals.WaitAsync(next, any ? Longest : Rest, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                log.LogError(e, "{Sweep} failed; it looks again", GetType().Name);
                await Task.Delay(Longest, clock, CancellationToken.None);
            }
        }
    }

    /// <summary>Runs something with services and a database context of its own.</summary>
    protected async Task<T> WithAsync<T>(Func<IServiceProvider, WarrenDb, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<WarrenDb>());
    }
}
