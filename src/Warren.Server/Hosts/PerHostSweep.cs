using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>A sweep that runs a loop of its own for every host, so that none waits for another. Loops come and go with the hosts.</summary>
internal abstract class PerHostSweep(HostNames names, IDbContextFactory<WarrenDb> databases, TimeProvider clock, ILogger log) : BackgroundService
{
    private static readonly TimeSpan LookForHosts = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    protected IDbContextFactory<WarrenDb> Databases => databases;

    protected TimeProvider Clock => clock;

    protected ILogger Log => log;

    /// <summary>One host's loop; ends when it is cancelled.</summary>
    protected abstract Task RunHostAsync(string host, CancellationToken cancellation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var loops = new Dictionary<string, (CancellationTokenSource Stop, Task Run)>(StringComparer.Ordinal);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var now = await NamesAsync(loops.Keys, stoppingToken);
                foreach (var name in now.Where(n => !loops.ContainsKey(n)))
                {
                    var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                    loops[name] = (stop, KeepAsync(name, stop.Token));
                }

                foreach (var gone in loops.Keys.Except(now, StringComparer.Ordinal).ToList())
                {
                    await loops[gone].Stop.CancelAsync();
                    loops.Remove(gone);
                }

                await Task.Delay(LookForHosts, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops; so do the loops, by the same token.
        }

        await Task.WhenAll(loops.Values.Select(l => l.Run));
    }

    private async Task<IReadOnlyCollection<string>> NamesAsync(ICollection<string> known, CancellationToken cancellation)
    {
        try
        {
            return await names.LookAsync(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "Looking for hosts failed");
            return [.. known];
        }
    }

    private async Task KeepAsync(string host, CancellationToken cancellation)
    {
        // Off the caller's thread: the first host's work must not hold up the second's.
        await Task.Yield();
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await RunHostAsync(host, cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                log.LogError(e, "{Sweep} of host {Host} failed; it begins anew", GetType().Name, host);
                await Task.Delay(AfterFailure, clock, CancellationToken.None);
            }
            catch (Exception)
            {
                return;
            }
        }
    }
}
