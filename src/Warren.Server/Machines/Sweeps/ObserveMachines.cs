using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Operations;

namespace Warren.Server.Machines.Sweeps;

/// <summary>
/// Sweep. Condition: a machine that is on or may be (running, paused, unknown, or meant to be on while stopped by nobody)
/// and was not looked at since its interval, or of which its host has told a change. Writes what is seen: power, process,
/// addresses, readiness. This is also how machines are adopted after a restart of the server. Each host has a loop of its
/// own; the machines of one that does not answer become unknown, and what they are again when it does.
/// </summary>
internal sealed class ObserveMachines(
    HostNames names, IDbContextFactory<WarrenDb> databases, HostDirectory hosts, ReadinessProbe readiness, TimeProvider clock, ILogger<ObserveMachines> log)
    : PerHostSweep(names, databases, clock, log)
{
    /// <summary>How often a machine that is still coming up is looked at.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a machine that is ready is looked at.</summary>
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(3);

    /// <summary>How often it is looked at when its host tells of changes by itself.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(30);

    /// <summary>How long one look may take in all; each call has a limit of its own besides.</summary>
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(60);

    /// <summary>Looks in a row that must fail before a machine counts as unknown: one lost packet is not worth telling.</summary>
    private const int Doubts = 2;

    /// <summary>Problem of a machine that its host does not know any more.</summary>
    private const string Lost = "machine-lost";

    private static readonly MachineState[] Watched = [MachineState.Running, MachineState.Paused, MachineState.Unknown];

    protected override async Task RunHostAsync(string host, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var news = new HostNews(host, hosts, Clock, Log);
        var listening = news.ListenAsync(end.Token);
        try
        {
            var (next, failures) = (new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal), new ConcurrentDictionary<string, int>(StringComparer.Ordinal));
            while (true)
            {
                var told = news.Next;
                await SweepAsync(host, next, failures, news, cancellation);
                await news.WaitAsync(told, Soon, cancellation);
            }
        }
        finally
        {
            await end.CancelAsync();
            await listening;
        }
    }

    private async Task SweepAsync(
        string host, Dictionary<string, DateTimeOffset> next, ConcurrentDictionary<string, int> failures, HostNews news, CancellationToken cancellation)
    {
        await using var db = await Databases.CreateDbContextAsync(cancellation);
        var now = Clock.GetUtcNow();
        var watched = await db.Machines.AsNoTracking()
            .Where(m => m.Host == host && (Watched.Contains(m.State) || (m.State == MachineState.Failed && m.ProblemJson!.Contains(Problems.Prefix + Lost))))
            .Where(m => !db.Operations.Any(o => o.SubjectId == m.Id && o.Live && o.Kind != Workflows.InjectKeys.Name)).ToListAsync(cancellation);
        foreach (var gone in next.Keys.Except(watched.Select(m => m.Id), StringComparer.Ordinal).ToList()) next.Remove(gone);
        foreach (var changed in news.Take()) next.Remove(changed);
        var due = watched.Where(m => !next.TryGetValue(m.Id, out var at) || at <= now).ToList();
        var calm = news.IsListening ? Told : Calm;
        foreach (var machine in due) next[machine.Id] = now + (Ladder.IsTop(machine.Readiness, now) ? calm : Soon);
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (machine, c) =>
        {
            try
            {
                await LookAsync(machine, failures, c);
            }
            catch (Exception e) when (!c.IsCancellationRequested)
            {
                // Somebody else changed it meanwhile, or it is gone: the next look will tell.
                Log.LogDebug(e, "Machine {Id} could not be looked at", machine.Id);
            }
        });
    }

    private async Task LookAsync(MachineRow machine, ConcurrentDictionary<string, int> failures, CancellationToken cancellation)
    {
        MachineObservation seen;
        Readiness ladder;
        IReadOnlyList<string>? addresses = null;
        var began = Clock.GetUtcNow();
        try
        {
            var driver = await hosts.DriverAsync(machine.Host, cancellation);
            seen = await driver.ObserveAsync(machine.Id, cancellation);
            if (seen.Power == ObservedPower.On && driver.Addresses is not null) machine.Addresses = [.. addresses = await AddressesAsync(driver.Addresses, machine, cancellation)];
            ladder = seen.Power == ObservedPower.On ? await readiness.LookAsync(machine, seen, cancellation).WaitAsync(LongestLook, Clock, cancellation) : machine.Readiness;
            failures.TryRemove(machine.Id, out _);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable)
        {
            if (failures.AddOrUpdate(machine.Id, 1, (_, count) => count + 1) < Doubts) return;
            (seen, ladder) = (new MachineObservation { Power = ObservedPower.Unknown, Detail = e.Message }, machine.Readiness);
        }

        await WriteAsync(machine, seen, ladder, addresses, began, cancellation);
    }

    private async Task WriteAsync(MachineRow machine, MachineObservation seen, Readiness ladder, IReadOnlyList<string>? addresses, DateTimeOffset began, CancellationToken cancellation)
    {
        await using var db = await Databases.CreateDbContextAsync(cancellation);
        // As it was read: a version that has risen since means that this look is stale, and it is dropped.
        var before = await db.Machines.SingleOrDefaultAsync(m => m.Id == machine.Id && m.Version == machine.Version, cancellation);
        if (before is null) return;
        // Nor is one believed that met an operation, its own or that of a golden image made from it: in the middle of a freeze a machine stands still for a moment.
        if (seen.Power is not ObservedPower.On && await db.Operations.AnyAsync(
                o => (o.SubjectId == machine.Id || db.GoldenImages.Any(g => g.Id == o.SubjectId && g.MachineId == machine.Id)) && o.Kind != Workflows.InjectKeys.Name && (o.Live || o.EndedAt >= began), cancellation)) return;
        var was = (before.State, before.ReadinessJson, before.ProcessId, before.ProblemJson, before.AddressesJson);
        Settle(before, seen, ladder);
        if (addresses is not null && before.State == MachineState.Running) before.Addresses = [.. addresses];
        var changed = was != (before.State, before.ReadinessJson, before.ProcessId, before.ProblemJson, before.AddressesJson);
        if (changed || before.ObservedAt is null || Clock.GetUtcNow() - before.ObservedAt > TimeSpan.FromMinutes(1))
        {
            if (seen.Power != ObservedPower.Unknown) before.ObservedAt = Clock.GetUtcNow();
            await db.SaveChangesAsync(cancellation);
        }
    }

    /// <summary>Where the guest can be reached; what it was stays when the host cannot say.</summary>
    private static async Task<IReadOnlyList<string>> AddressesAsync(IAddresses facet, MachineRow machine, CancellationToken cancellation)
    {
        try
        {
            return await facet.ListAsync(machine.Id, cancellation);
        }
        catch (HypervisorException)
        {
            return machine.Addresses;
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
            case ObservedPower.Suspended:
                // By somebody else, or by an operation that was not told.
                machine.MoveTo(MachineState.Suspended);
                machine.Wanted = WantedPower.Off;
                machine.Problem = null;
                break;
            case ObservedPower.Off:
                // The guest switched itself off, or its process ended; the log says which.
                machine.MoveTo(MachineState.Stopped);
                machine.Wanted = WantedPower.Off;
                machine.Problem = seen.Detail is null ? null : Problems.Of("hypervisor", 0, "It went off by itself", seen.Detail);
                break;
            case ObservedPower.Missing:
                machine.MoveTo(MachineState.Failed);
                machine.Wanted = WantedPower.Off;
                // It is still looked at: the host may have been made to lead elsewhere by a wrong setting.
                machine.Problem = Problems.Of(Lost, 0, "Its host does not have it any more", "It was removed outside Warren, or the host's settings lead to another one.");
                break;
            default:
                machine.MoveTo(MachineState.Unknown);
                machine.Problem = Problems.Of("hypervisor", 0, "Its host does not answer", seen.Detail);
                break;
        }
    }
}
