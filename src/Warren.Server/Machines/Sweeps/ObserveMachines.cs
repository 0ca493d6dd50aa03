using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a machine that is on or may be (running, paused, unknown, or meant to be on while stopped by nobody)
/// and was not looked at since its interval. Writes what is seen: power, process, readiness. This is also how machines
/// are adopted after a restart of the server.
/// </summary>
internal sealed class ObserveMachines(
    IDbContextFactory<WarrenDb> databases, HostDirectory hosts, ReadinessProbe readiness, TimeProvider clock, ILogger<ObserveMachines> log)
    : BackgroundService
{
    /// <summary>How often a machine that is still coming up is looked at.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a machine that is ready is looked at.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    private static readonly MachineState[] Watched = [MachineState.Running, MachineState.Paused, MachineState.Unknown];
    private readonly Dictionary<string, DateTimeOffset> _next = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Soon, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "Looking at the machines failed");
            }
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        await using var db = await databases.CreateDbContextAsync(cancellation);
        var now = clock.GetUtcNow();
        var watched = await db.Machines.AsNoTracking().Where(m => Watched.Contains(m.State))
            .Where(m => !db.Operations.Any(o => o.SubjectId == m.Id && o.Live && o.Kind != Workflows.InjectKeys.Name)).ToListAsync(cancellation);
        foreach (var gone in _next.Keys.Except(watched.Select(m => m.Id), StringComparer.Ordinal).ToList()) _next.Remove(gone);
        var due = watched.Where(m => !_next.TryGetValue(m.Id, out var at) || at <= now).ToList();
        foreach (var machine in due) _next[machine.Id] = now + (Ladder.IsTop(machine.Readiness, now) ? Calm : Soon);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (machine, c) =>
        {
            try
            {
                await LookAsync(machine, c);
            }
            catch (Exception e) when (e is HypervisorException or DbUpdateException)
            {
                // Somebody else changed it meanwhile, or its host is silent: the next look will tell.
                log.LogDebug(e, "Machine {Id} could not be looked at", machine.Id);
            }
        });
    }

    private async Task LookAsync(MachineRow machine, CancellationToken cancellation)
    {
        var seen = await hosts[machine.Host].ObserveAsync(machine.Id, cancellation);
        var ladder = seen.Power == ObservedPower.On ? await readiness.LookAsync(machine, seen, cancellation) : machine.Readiness;
        await using var db = await databases.CreateDbContextAsync(cancellation);
        // As it was read: a version that has risen since means that this look is stale, and it is dropped.
        db.Attach(machine);
        var before = (machine.State, machine.ReadinessJson, machine.ProcessId, machine.ProblemJson);
        Settle(machine, seen, ladder);
        var changed = before != (machine.State, machine.ReadinessJson, machine.ProcessId, machine.ProblemJson);
        if (changed || machine.ObservedAt is null || clock.GetUtcNow() - machine.ObservedAt > TimeSpan.FromMinutes(1))
        {
            machine.ObservedAt = clock.GetUtcNow();
            await db.SaveChangesAsync(cancellation);
        }
    }

    private static void Settle(MachineRow machine, MachineObservation seen, Readiness ladder)
    {
        switch (seen.Power)
        {
            case ObservedPower.On:
                if (machine.State != MachineState.Running) machine.MoveTo(MachineState.Running);
                machine.ProcessId = seen.ProcessId;
                if (ladder != machine.Readiness) machine.Readiness = ladder;
                machine.Problem = null;
                break;
            case ObservedPower.Paused:
                machine.MoveTo(MachineState.Paused);
                break;
            case ObservedPower.Off:
                // The guest switched itself off, or its process ended; the log says which.
                machine.MoveTo(MachineState.Stopped);
                machine.Wanted = WantedPower.Off;
                machine.Problem = seen.Detail is null ? null : Operations.Problems.Of("hypervisor", 0, "It went off by itself", seen.Detail);
                break;
            case ObservedPower.Missing:
                machine.MoveTo(MachineState.Failed);
                machine.Wanted = WantedPower.Off;
                machine.Problem = Operations.Problems.Of("hypervisor", 0, "Its host does not have it any more", "Its files were removed outside Warren.");
                break;
            default:
                machine.MoveTo(MachineState.Unknown);
                machine.Problem = Operations.Problems.Of("hypervisor", 0, "Its host does not answer", seen.Detail);
                break;
        }
    }
}
