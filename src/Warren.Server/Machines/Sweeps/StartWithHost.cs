using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep, at the start of the server only. Condition: a machine is to start with its host, ran when the host went down, and its hypervisor
/// leaves starting it to us. Enqueues its start once it has been seen to be off; looks again until there is none left, for a while.
/// </summary>
internal sealed class StartWithHost(IServiceScopeFactory scopes, HostDirectory hosts, TimeProvider clock, ILogger<StartWithHost> log) : BackgroundService
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    /// <summary>A host that is full, or does not answer, is not asked for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var names = await scope.ServiceProvider.GetRequiredService<WarrenDb>().Hosts.AsNoTracking().Select(h => h.Name).ToListAsync(stoppingToken);
            await Task.WhenAll(names.Select(name => TendAsync(name, stoppingToken)));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TendAsync(string host, CancellationToken cancellation)
    {
        await Task.Yield();
        var began = clock.GetTimestamp();
        IReadOnlyList<string>? left;
        while ((left = await LookAsync(host, cancellation)) is not { Count: 0 } && clock.GetElapsedTime(began) < Patience)
            await Task.Delay(LookAgain, clock, cancellation);
        if (left is { Count: > 0 }) log.LogWarning("Machines {Ids} were to start with host {Host} and could not be started", string.Join(", ", left), host);
    }

    /// <returns>Machines that are still to be started; null when the host did not say.</returns>
    private async Task<IReadOnlyList<string>?> LookAsync(string host, CancellationToken cancellation)
    {
        try
        {
            if ((await hosts.DriverAsync(host, cancellation)).Autostart is not { } facet) return [];
            var due = await facet.ListDueAsync(cancellation);
            foreach (var id in due) await StartAsync(host, id, cancellation);
            return due;
        }
        catch (RefusedException)
        {
            // The host was removed meanwhile.
            return [];
        }
        catch (HypervisorException e)
        {
            log.LogDebug(e, "Host {Host} does not say which machines are to be started", host);
            return null;
        }
    }

    private async Task StartAsync(string host, string id, CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        try
        {
            if (await db.Machines.SingleOrDefaultAsync(m => m.Id == id && m.Host == host && m.State == MachineState.Stopped, cancellation) is not { } machine) return;
            await scope.ServiceProvider.GetRequiredService<MachineCommands>().StartAsync(machine, cancellation, "Its host had started again.");
            log.LogInformation("Machine {Name} ({Id}) starts with host {Host}", machine.Name, machine.Id, host);
        }
        catch (Exception e) when (e is RefusedException or DbUpdateException)
        {
            log.LogDebug(e, "Machine {Id} cannot be started now", id);
        }
    }
}
