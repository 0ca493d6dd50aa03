namespace Warren.Server.Images.Sweeps;

/// <summary>
/// Sweep. Condition: an incoming folder whose operation has ended, or content that no image row names. Both are left by
/// crashes only, and removed when they are ten minutes old.
/// </summary>
internal sealed class CleanStore(StoreCleaner cleaner, TimeProvider clock, ILogger<CleanStore> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await cleaner.SweepAsync(stoppingToken) is var removed and > 0) log.LogInformation("Removed {Count} leftovers from the image store", removed);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogWarning(e, "Looking through the image store failed");
            }

            await Task.Delay(Every, clock, stoppingToken);
        }
    }
}
