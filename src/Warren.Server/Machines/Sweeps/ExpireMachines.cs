using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>Sweep. Condition: a machine whose time to live is over and that is not being deleted yet. Enqueues its deletion.</summary>
internal sealed class ExpireMachines(IServiceScopeFactory scopes, TimeProvider clock, ILogger<ExpireMachines> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "Deleting expired machines failed");
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var now = clock.GetUtcNow();
        var expired = await db.Machines.Where(m => m.ExpiresAt <= now && m.State != MachineState.Deleting).Take(20).ToListAsync(cancellation);
        foreach (var machine in expired)
        {
            try
            {
                await scope.ServiceProvider.GetRequiredService<MachineCommands>().DeleteAsync(machine, cancellation);
                log.LogInformation("Machine {Name} ({Id}) has lived its time and is deleted", machine.Name, machine.Id);
            }
            catch (RefusedException e)
            {
                // It is being copied, say; the others do not wait for it.
                db.ChangeTracker.Clear();
                log.LogDebug(e, "Machine {Name} ({Id}) has lived its time and cannot be deleted yet", machine.Name, machine.Id);
            }
        }
    }
}
