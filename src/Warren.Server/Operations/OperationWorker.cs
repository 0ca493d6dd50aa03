using System.Collections.Concurrent;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>Claims due operations and runs one step of each at a time, several operations side by side.</summary>
internal sealed class OperationWorker(
    OperationClaims claims, StepRunner runner, Signals signals, TimeProvider clock, OperationOptions options,
    ILogger<OperationWorker> log) : BackgroundService
{
    /// <summary>Names this process in leases; a new one after each start, so that old leases run out instead of being inherited.</summary>
    private readonly string _holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";

    /// <summary>Steps under way by host. Each host has its own share, so that one that hangs takes nobody else's.</summary>
    private readonly ConcurrentDictionary<string, int> _underWay = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // None at all: this process leaves the work to others.
        if (options.Parallel <= 0) return;
        var steps = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                steps.RemoveAll(s => s.IsCompleted);
                var next = signals.Next;
                var busy = _underWay.Where(h => h.Value >= options.Parallel).Select(h => h.Key).ToList();
                if (await claims.ClaimAsync(_holder, busy, stoppingToken) is { } row)
                {
                    _underWay.AddOrUpdate(row.Host, 1, (_, count) => count + 1);
                    steps.Add(RunAsync(row, stoppingToken));
                    continue;
                }

                await signals.WaitAsync(next, await UntilNextAsync(busy, stoppingToken), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                log.LogError(e, "Looking for work failed; trying again");
                await Task.Delay(TimeSpan.FromSeconds(1), clock, stoppingToken);
            }
        }

        // Steps in flight see the same token; their leases are given back by them.
        await Task.WhenAll(steps);
    }

    private async Task RunAsync(OperationRow row, CancellationToken stopping)
    {
        try
        {
            await runner.RunAsync(row, stopping);
        }
        catch (Exception e)
        {
            log.LogError(e, "Step {Step} of {Kind} {Id} could not be settled; its lease will run out", row.Step, row.Kind, row.Id);
        }
        finally
        {
            _underWay.AddOrUpdate(row.Host, 0, (_, count) => count - 1);
            signals.PulseAll();
        }
    }

    private async Task<TimeSpan> UntilNextAsync(IReadOnlyCollection<string> busy, CancellationToken cancellation)
    {
        var wait = await claims.NextDueAsync(busy, cancellation) - clock.GetUtcNow() ?? options.Poll;
        return wait < TimeSpan.FromMilliseconds(20) ? TimeSpan.FromMilliseconds(20) : wait < options.Poll ? wait : options.Poll;
    }
}

/// <summary>How operations are worked on.</summary>
internal sealed record OperationOptions
{
    /// <summary>Steps run side by side in this process for each host, and as many for work without a host.</summary>
    public int Parallel { get; init; } = 8;

    /// <summary>How long a claim on an operation lasts without being renewed, in seconds: so late is it taken over from a server that died.</summary>
    public int LeaseSeconds { get; init; } = 15;

    /// <summary>How often the database is asked even when nothing pulsed; other replicas' changes are seen this late.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);
}
