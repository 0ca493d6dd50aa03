using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a machine whose time to live is over and that is not being deleted yet. Enqueues what is to happen to it. And
/// before that: a machine whose time is nearly over and that was not warned of for this expiry. Notes the warning, which is an event.
/// And: a machine whose last viewer has left long enough ago. Ends it, unless somebody is there after all.
/// </summary>
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
                log.LogError(e, "Ending expired machines failed");
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var (commands, now) = (scope.ServiceProvider.GetRequiredService<MachineCommands>(), clock.GetUtcNow());
        var warnable = now + Lifetimes.LongestWarning;
        // Nearly always nobody: asked once, not thrice.
        if (!await db.Machines.AnyAsync(m => (m.ExpiresAt <= warnable && m.State != MachineState.Deleting) || (m.UnwatchedDueAt <= now && m.State == MachineState.Running), cancellation)) return;
        var soon = await db.Machines.Where(m => m.ExpiresAt > now && m.ExpiresAt <= warnable && m.State != MachineState.Deleting && (m.ExpiryWarnedFor == null || m.ExpiryWarnedFor != m.ExpiresAt)).Take(50).ToListAsync(cancellation);
        foreach (var machine in soon.Where(m => m.ExpiresAt - Lifetimes.WarningTime(m.TtlSeconds) <= now && !m.IsAlready(m.TtlAction)))
        {
            await TryAsync(db, machine, "be warned of", async () =>
            {
                machine.ExpiryWarnedFor = machine.ExpiresAt;
                await db.SaveChangesAsync(cancellation);
            });
        }

        var expired = await db.Machines.Where(m => m.ExpiresAt <= now && m.State != MachineState.Deleting).Take(20).ToListAsync(cancellation);
        foreach (var machine in expired)
        {
            await TryAsync(db, machine, "be ended", async () =>
            {
                var action = machine.TtlAction;
                await commands.EndAsync(machine, EndCause.Expiry, cancellation);
                log.LogInformation("Machine {Name} ({Id}) has lived its time: {Action}", machine.Name, machine.Id, action);
            });
        }

        var left = await db.Machines.Where(m => m.UnwatchedDueAt <= now && m.State == MachineState.Running).Take(20).ToListAsync(cancellation);
        foreach (var machine in left)
        {
            await TryAsync(db, machine, "be ended", async () =>
            {
                // Somebody may have come while the last one's leave was written down.
                if (await db.Connections.AnyAsync(c => c.MachineId == machine.Id && c.EndedAt == null, cancellation)) machine.UnwatchedDueAt = null;
                else await commands.EndAsync(machine, EndCause.Unwatched, cancellation);
                await db.SaveChangesAsync(cancellation);
            });
        }
    }

    /// <summary>The others do not wait for one that cannot be changed now: it is being copied, say, or another replica was faster.</summary>
    private async Task TryAsync(WarrenDb db, MachineRow machine, string what, Func<Task> change)
    {
        try
        {
            // Those that were read and not changed yet keep to the version that they were read in.
            if (db.Entry(machine).State == EntityState.Detached) db.Attach(machine);
            await change();
        }
        catch (Exception e) when (e is RefusedException or DbUpdateException)
        {
            db.ChangeTracker.Clear();
            log.LogDebug(e, "Machine {Name} ({Id}) cannot {What} now", machine.Name, machine.Id, what);
        }
    }
}
