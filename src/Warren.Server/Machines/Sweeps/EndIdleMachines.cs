using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a running machine of no pool has an idle policy. Looks at all such machines of a host in one call, notes those that
/// are in use, warns of those that have been without use for nearly as long as their policy says, and when the warning has run out
/// enqueues what the policy says. Machines without a policy are not even read. A host that hangs holds up its own machines only.
/// </summary>
internal sealed class EndIdleMachines(
    IServiceScopeFactory scopes, HostDirectory hosts, MachineUse uses, MachineOptions options, TimeProvider clock, ILogger<EndIdleMachines> log) : BackgroundService
{
    private readonly Dictionary<string, Task> _looks = new(StringComparer.Ordinal);

    /// <summary>CPU time at the last look of this process, by machine. After a restart nothing is judged before the second look.</summary>
    private readonly ConcurrentDictionary<string, Sample> _samples = new(StringComparer.Ordinal);

    private enum Sight
    {
        Unknown,
        Used,
        Unused,
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ActivityEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await SweepAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(_looks.Values);
        }
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            // Before anything is asked: all answers are of then or later, and nobody's time begins, or has run out, meanwhile.
            var now = clock.GetUtcNow();
            var watched = await WithAsync((_, db) => db.Machines.AsNoTracking()
                .Where(m => m.IdleAfterSeconds != null && m.State == MachineState.Running && m.PoolId == null)
                .Select(m => new Watched(m.Id, m.Host, m.IdleAfterSeconds!.Value, m.LastActiveAt, m.IdleDueAt, db.Operations.Any(o => o.SubjectId == m.Id && o.Live))).ToListAsync(cancellation));
            var used = uses.Take();
            foreach (var gone in _samples.Keys.Except(watched.Select(w => w.Id), StringComparer.Ordinal).ToList()) _samples.TryRemove(gone, out _);
            foreach (var host in watched.GroupBy(w => w.Host, StringComparer.Ordinal))
            {
                // What is used through us is noted even while its host is silent.
                await NoteAsync([.. host.Where(w => used.Contains(w.Id))], now, cancellation);
                if (_looks.TryGetValue(host.Key, out var look) && !look.IsCompleted) continue;
                _looks[host.Key] = LookAsync(host.Key, [.. host.Where(w => !used.Contains(w.Id))], now, cancellation);
            }
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "Looking for idle machines failed");
        }
    }

    private async Task LookAsync(string host, List<Watched> machines, DateTimeOffset now, CancellationToken cancellation)
    {
        // Off the caller's thread: the first host's work must not hold up the second's.
        await Task.Yield();
        try
        {
            if (machines.Count == 0 || (await hosts.DriverAsync(host, cancellation)).Activity is not { } facet) return;
            var seen = await facet.LookAsync([.. machines.Select(m => m.Id)], cancellation);
            var answered = clock.GetUtcNow();
            var judged = machines.Select(m => (Machine: m, Sight: Judge(m, seen.GetValueOrDefault(m.Id), now, answered))).ToList();
            await NoteAsync([.. judged.Where(j => j.Sight == Sight.Used).Select(j => j.Machine)], now, cancellation);
            foreach (var (machine, _) in judged.Where(j => j.Sight == Sight.Unused)) await TendAsync(machine, now, cancellation);
        }
        catch (Exception e) when (e is HypervisorException or RefusedException)
        {
            log.LogDebug(e, "Host {Host} does not say whether its machines are used", host);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            log.LogError(e, "Looking for idle machines of host {Host} failed", host);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private Sight Judge(Watched machine, MachineActivity? seen, DateTimeOffset now, DateTimeOffset answered)
    {
        if (seen is null) return Sight.Unknown;
        var last = _samples.GetValueOrDefault(machine.Id);
        _samples[machine.Id] = new Sample(seen.CpuNanoseconds, now);
        // The first look since it was switched on, or since it was given its policy.
        if (machine.LastActiveAt is null || machine.Busy || seen.Connections > 0) return Sight.Used;
        if (last is null || now <= last.At) return Sight.Unknown;
        // Less than before is another run, or another host: something was done with it.
        if (seen.CpuNanoseconds < last.CpuNanoseconds) return Sight.Used;
        // Over the longest time that it can have been: a host counts some time between question and answer, and a slow answer
        // would else make minutes' work of an idle guest look like that of seconds.
        var percent = (seen.CpuNanoseconds - last.CpuNanoseconds) * 100.0 / ((answered - last.At).Ticks * (double)TimeSpan.NanosecondsPerTick);
        return percent >= options.IdleCpuPercent ? Sight.Used : Sight.Unused;
    }

    /// <summary>Notes use: beside the row's version, as an observation that nobody needs to be told; unless it takes a warning back.</summary>
    private async Task NoteAsync(List<Watched> used, DateTimeOffset now, CancellationToken cancellation)
    {
        if (used.Count == 0) return;
        var ids = used.Select(u => u.Id).ToList();
        await WithAsync((_, db) => db.Machines.Where(m => ids.Contains(m.Id) && m.State == MachineState.Running)
            .ExecuteUpdateAsync(set => set.SetProperty(m => m.LastActiveAt, (DateTimeOffset?)now), cancellation));
        foreach (var warned in used.Where(u => u.DueAt is not null))
            await ChangeAsync(warned, (_, row) =>
            {
                row.Used(now);
                return Task.CompletedTask;
            }, cancellation);
    }

    /// <summary>Warns of a machine that nobody uses, or does what it was warned of.</summary>
    private async Task TendAsync(Watched machine, DateTimeOffset now, CancellationToken cancellation)
    {
        var end = machine.LastActiveAt!.Value.AddSeconds(machine.AfterSeconds);
        if (machine.DueAt is { } due)
        {
            if (due > now) return;
            await ChangeAsync(machine, async (services, row) =>
            {
                var action = row.IdleAction;
                await services.GetRequiredService<MachineCommands>().EndAsync(row, EndCause.Idle, cancellation);
                log.LogInformation("Machine {Name} ({Id}) was used by nobody for {Seconds} s: {Action}", row.Name, row.Id, machine.AfterSeconds, action);
            }, cancellation, row => row.LastActiveAt == machine.LastActiveAt);
        }
        else if (end - Lifetimes.WarningTime(machine.AfterSeconds) <= now)
        {
            // Nobody was there to warn while the server was away: a minute is everybody's.
            var earliest = now + Lifetimes.ShortestWarning;
            await ChangeAsync(machine, (_, row) =>
            {
                row.IdleDueAt = end > earliest ? end : earliest;
                return Task.CompletedTask;
            }, cancellation);
        }
    }

    /// <summary>Changes a row that is still as it was looked at. Whoever was faster, another replica or somebody who keeps it, is right.</summary>
    private async Task ChangeAsync(Watched machine, Func<IServiceProvider, MachineRow, Task> change, CancellationToken cancellation, Func<MachineRow, bool>? still = null)
    {
        try
        {
            await WithAsync((services, db) => db.TransactAsync(async () =>
            {
                await db.LockEventsAsync(cancellation);
                var row = await db.Machines.SingleOrDefaultAsync(m => m.Id == machine.Id && m.State == MachineState.Running && m.IdleAfterSeconds == machine.AfterSeconds && m.IdleDueAt == machine.DueAt, cancellation);
                if (row is null || !(still?.Invoke(row) ?? true)) return false;
                await change(services, row);
                await db.SaveChangesAsync(cancellation);
                return true;
            }, cancellation));
        }
        catch (Exception e) when (e is DbUpdateException or RefusedException)
        {
            log.LogDebug(e, "Machine {Id} cannot be changed now", machine.Id);
        }
    }

    private async Task<T> WithAsync<T>(Func<IServiceProvider, WarrenDb, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider, scope.ServiceProvider.GetRequiredService<WarrenDb>());
    }

    private sealed record Sample(long CpuNanoseconds, DateTimeOffset At);

    private sealed record Watched(string Id, string Host, int AfterSeconds, DateTimeOffset? LastActiveAt, DateTimeOffset? DueAt, bool Busy);
}
