using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Pools.Sweeps;

/// <summary>
/// Sweep. Condition: a machine that was launched for a pool has become ready, and is a spare from now on; or it never will; or
/// a spare went off, failed, is not heard of any more, is too old, or is one more than the pool's target; or its pool is
/// draining. Enqueues the deletion of those; another is launched in their place by <see cref="RefillPools"/>.
/// </summary>
internal sealed class TendPools(IServiceScopeFactory scopes, Signals signals, PoolOptions options, TimeProvider clock, ILogger<TendPools> log)
    : PoolSweep(scopes, signals, clock, log)
{
    private static readonly PoolPlace[] Ours = [PoolPlace.Filling, PoolPlace.Spare];

    protected override async Task<bool> SweepAsync(CancellationToken cancellation)
    {
        var pools = await WithAsync((_, db) => db.Pools.AsNoTracking().ToDictionaryAsync(p => p.Id, cancellation));
        if (pools.Count == 0) return false;
        var all = await WithAsync((_, db) => db.Machines.AsNoTracking().Where(m => m.PoolId != null && Ours.Contains(m.PoolPlace!.Value))
            .Select(m => new Member(m.Id, m.PoolId!, m.PoolPlace!.Value, m.State, m.ReadinessJson, m.ProblemJson, m.CreatedAt, m.SpareSince, m.ObservedAt,
                db.Operations.Any(o => o.SubjectId == m.Id && o.Live))).ToListAsync(cancellation));
        foreach (var members in all.GroupBy(m => m.PoolId))
        {
            if (!pools.TryGetValue(members.Key, out var pool)) continue;
            foreach (var member in members) await TendAsync(pool, member, cancellation);
            await ShrinkAsync(pool, [.. members.Where(m => m.Place == PoolPlace.Spare && PoolViews.IsGood(pool.Kind, m.State))], cancellation);
        }

        return true;
    }

    private async Task TendAsync(PoolRow pool, Member member, CancellationToken cancellation)
    {
        var now = Clock.GetUtcNow();
        if (pool.State == PoolState.Draining)
        {
            await RetireAsync(pool, member, null, cancellation);
            return;
        }

        if (member.Live) return;
        if (member.Place == PoolPlace.Filling)
        {
            if (IsReady(pool, member)) await PromoteAsync(pool, member, now, cancellation);
            else if (Hopeless(pool, member, now) is { } why) await RetireAsync(pool, member, why, cancellation);
            return;
        }

        var old = pool.MaxAgeSeconds is { } age && member.SpareSince!.Value.AddSeconds(age) < now;
        if (old || IsIll(pool, member, now)) await RetireAsync(pool, member, null, cancellation);
    }

    /// <summary>Those that would be lent next go: they are the nearest to their end anyway.</summary>
    private async Task ShrinkAsync(PoolRow pool, List<Member> spares, CancellationToken cancellation)
    {
        foreach (var member in spares.OrderBy(m => m.SpareSince).Take(spares.Count - pool.Target)) await RetireAsync(pool, member, null, cancellation);
    }

    private static bool IsReady(PoolRow pool, Member member) => PoolViews.IsGood(pool.Kind, member.State)
        && (pool.Kind == PoolKind.Stopped || JsonSerializer.Deserialize<Readiness>(member.ReadinessJson, WarrenJson.Options)!.Rung >= pool.ReadyWhen);

    /// <summary>Why it will never be ready, or null.</summary>
    private Problem? Hopeless(PoolRow pool, Member member, DateTimeOffset now)
    {
        if (member.State is MachineState.Failed || (member.State is MachineState.Stopped && pool.Kind == PoolKind.Warm))
            return member.ProblemJson is null ? Problems.IllegalState("It went off before it was ready.") : JsonSerializer.Deserialize<Problem>(member.ProblemJson, WarrenJson.Options);
        return member.CreatedAt.AddSeconds(options.FillWithinSeconds) < now
            ? Problems.Of("timeout", 0, "It took too long", $"A machine has not reached {JsonNamingPolicy.KebabCaseLower.ConvertName(pool.ReadyWhen.ToString())} within {options.FillWithinSeconds} s.")
            : null;
    }

    /// <summary>One whose host does not answer may come back: it is not lent meanwhile, and given up only after a while.</summary>
    private bool IsIll(PoolRow pool, Member member, DateTimeOffset now)
        => !PoolViews.IsGood(pool.Kind, member.State) && (member.State != MachineState.Unknown || member.ObservedAt is null || member.ObservedAt.Value.AddSeconds(options.FreshSeconds) < now);

    private Task<bool> PromoteAsync(PoolRow pool, Member member, DateTimeOffset now, CancellationToken cancellation) => ChangeAsync(member, async (_, db, machine) =>
    {
        (machine.PoolPlace, machine.SpareSince) = (PoolPlace.Spare, now);
        var fresh = await db.Pools.AsNoTracking().SingleAsync(p => p.Id == pool.Id, cancellation);
        var fills = Measures.Add(fresh.FillsJson, [(int)Math.Clamp((now - member.CreatedAt).TotalMilliseconds, 0, int.MaxValue)]);
        await db.Pools.Where(p => p.Id == pool.Id).ExecuteUpdateAsync(s => s
            .SetProperty(p => p.FillsJson, fills).SetProperty(p => p.Failures, 0)
            .SetProperty(p => p.RetryAt, (DateTimeOffset?)null).SetProperty(p => p.ProblemJson, (string?)null), cancellation);
        PoolNotes.Tell(db, pool, "changed", now);
        await db.SaveChangesAsync(cancellation);
    }, cancellation);

    private async Task RetireAsync(PoolRow pool, Member member, Problem? why, CancellationToken cancellation)
    {
        var gone = await ChangeAsync(member, async (services, db, machine) =>
        {
            PoolNotes.Tell(db, pool, "changed", Clock.GetUtcNow());
            await services.GetRequiredService<MachineCommands>().DeleteAsync(machine, cancellation);
            // At the same moment: whoever refills sees no room without seeing why it has become free.
            if (why is not null) await PoolNotes.LaunchFailedAsync(db, pool.Id, why, options, Clock.GetUtcNow(), cancellation);
        }, cancellation);
        if (gone) Log.LogInformation("Machine {Id} of pool {Pool} was {Place} and is {State}; it is deleted", member.Id, pool.Name, member.Place, member.State);
    }

    /// <summary>Changes a machine that is still where it was; false when it is not, or when somebody is faster, a claim above all.</summary>
    private async Task<bool> ChangeAsync(Member member, Func<IServiceProvider, WarrenDb, MachineRow, Task> change, CancellationToken cancellation)
    {
        try
        {
            return await WithAsync((services, db) => db.TransactAsync(async () =>
            {
                await db.LockEventsAsync(cancellation);
                if (await db.Machines.SingleOrDefaultAsync(m => m.Id == member.Id && m.PoolPlace == member.Place, cancellation) is not { } machine) return false;
                await change(services, db, machine);
                return true;
            }, cancellation));
        }
        catch (Exception e) when (e is DbUpdateConcurrencyException or RefusedException)
        {
            Log.LogDebug(e, "Machine {Id} could not be changed now", member.Id);
            return false;
        }
    }

    private sealed record Member(
        string Id, string PoolId, PoolPlace Place, MachineState State, string ReadinessJson, string? ProblemJson, DateTimeOffset CreatedAt, DateTimeOffset? SpareSince,
        DateTimeOffset? ObservedAt, bool Live);
}
