using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Images;
using Warren.Server.Images.Golden;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Templates;

namespace Warren.Server.Pools;

/// <summary>Makes, resizes, drains and deletes pools. Filling them is the sweeps' doing.</summary>
internal sealed class PoolCommands(
    WarrenDb db, Caller caller, PoolRules rules, LaunchCommand launch, TemplateLaunch templates, ImageDemand images, GoldenImageDemand golden, MachineCommands machines, TimeProvider clock)
{
    private const int Hour = 3600, Day = 86400;

    /// <summary>Makes a pool. What the request leaves out, the template says that its machine names.</summary>
    /// <exception cref="RefusedException">Rules are broken, or the name is taken.</exception>
    public async Task<PoolRow> CreateAsync(CreatePoolRequest request, CancellationToken cancellation)
    {
        var (whole, said) = await AboutMachineAsync(async () => (await launch.WholeAsync(request.Machine, cancellation), await templates.ContentAsync(request.Machine, cancellation)));
        var target = request.Target ?? said?.Pool?.Target
            ?? throw new RefusedException(Problems.Validation("target", said is null ? "is missing" : $"is missing, and the template '{request.Machine.Template}' has no pool section that says it"));
        var lease = request.LeaseSeconds ?? said?.TtlSeconds ?? Hour;
        var pool = new PoolRow
        {
            Id = Ids.New(clock),
            Name = request.Name,
            OwnerId = caller.UserId,
            ProjectId = caller.ProjectId,
            MachineJson = "{}",
            Machine = request.Machine,
            Kind = request.Kind,
            Target = target,
            Min = request.Min ?? said?.Pool?.Min ?? 0,
            Max = request.Max ?? said?.Pool?.Max ?? Math.Max(1, target * 2),
            MaxAgeSeconds = request.MaxAgeSeconds ?? said?.Pool?.MaxAgeSeconds,
            LeaseSeconds = lease,
            LeaseMaximumSeconds = request.LeaseMaximumSeconds ?? Math.Max(Day, lease),
            CreatedAt = clock.GetUtcNow(),
        };
        rules.Check(pool, whole);
        // What can be said now against its launches is said now.
        await AboutMachineAsync(() => launch.ExplainAsync(request.Machine with { Start = pool.Kind == PoolKind.Warm }, cancellation));
        var from = whole.GoldenImage is { } reference ? await golden.DemandReadyAsync(reference, cancellation) : null;
        if (from is not null && request.Machine.GoldenImage is null) CheckKind(said?.Pool?.Kind, from);
        pool.ReadyWhen = request.ReadyWhen ?? Ordinary((from is null ? whole.Image : from.ImageName) is { Length: > 0 } image ? await images.FeaturesAsync(image, cancellation) : []);
        if (await db.Pools.AnyAsync(p => p.ProjectId == pool.ProjectId && p.Name == pool.Name, cancellation)) throw new RefusedException(Problems.NameTaken(pool.Name));
        db.Pools.Add(pool);
        await db.SaveChangesAsync(cancellation);
        return pool;
    }

    public async Task<PoolRow> ResizeAsync(PoolRow pool, ResizePoolRequest request, CancellationToken cancellation)
    {
        if (request is { Target: null, Min: null, Max: null, MaxAgeSeconds: null })
            throw new RefusedException(Problems.Validation("target", "give at least one of target, min, max, maxAgeSeconds"));
        pool.Target = request.Target ?? pool.Target;
        pool.Min = request.Min ?? pool.Min;
        pool.Max = request.Max ?? pool.Max;
        if (request.MaxAgeSeconds is { } age) pool.MaxAgeSeconds = age == 0 ? null : age;
        rules.Check(pool);
        Hope(pool);
        await db.SaveChangesAsync(cancellation);
        return pool;
    }

    /// <summary>Draining: nothing is lent or launched; spares are deleted by a sweep, leases go on.</summary>
    public async Task<PoolRow> DrainAsync(PoolRow pool, bool on, CancellationToken cancellation)
    {
        pool.State = on ? PoolState.Draining : PoolState.Active;
        if (!on) (pool.Low, _) = (true, Hope(pool));
        await db.SaveChangesAsync(cancellation);
        return pool;
    }

    /// <summary>Forgets the pool and deletes its machines, all in one transaction.</summary>
    /// <exception cref="RefusedException">Machines of it are lent, and that is not to end.</exception>
    public Task DeleteAsync(PoolRow pool, bool force, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        // No launch and no claim from here on: both look whether the pool is active.
        await db.LockEventsAsync(cancellation);
        await db.Pools.Where(p => p.Id == pool.Id).ExecuteUpdateAsync(s => s.SetProperty(p => p.Turns, p => p.Turns + 1), cancellation);
        var all = await db.Machines.Where(m => m.PoolId == pool.Id && m.PoolPlace != PoolPlace.Releasing).ToListAsync(cancellation);
        if (!force && all.Count(m => m.PoolPlace == PoolPlace.Lent) is > 0 and var lent)
            throw new RefusedException(Problems.InUse($"{lent} machine{(lent == 1 ? "" : "s")} of pool '{pool.Name}' {(lent == 1 ? "is" : "are")} lent. Wait for that to end, or force it."));
        foreach (var machine in all) await machines.DeleteAsync(machine, cancellation);
        await db.Tickets.Where(t => t.PoolId == pool.Id).ExecuteDeleteAsync(cancellation);
        db.Pools.Remove(pool);
        await db.SaveChangesAsync(cancellation);
        return true;
    }, cancellation);

    /// <summary>Somebody has looked at it: the next launch need not wait.</summary>
    private static bool Hope(PoolRow pool)
    {
        (pool.Failures, pool.RetryAt, pool.ProblemJson) = (0, null, null);
        return true;
    }

    /// <summary>What is refused of its machines is told by the pool's own fields: its kind says whether spares are started.</summary>
    private static async Task<T> AboutMachineAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RefusedException e) when (e.Problem.Errors is { } errors)
        {
            throw new RefusedException(Problems.Validation(errors.ToDictionary(x => x.Key == "start" ? "kind" : "machine." + x.Key, x => x.Value, StringComparer.Ordinal)) with { Mistakes = e.Problem.Mistakes });
        }
    }

    /// <summary>A template that speaks of forks means a golden image with memory.</summary>
    private static void CheckKind(string? kind, GoldenImageRow from)
    {
        var made = from.Kind == GoldenImageKind.Warm ? "fork" : "clone";
        if (kind is not null && kind != made)
            throw new RefusedException(Problems.Validation("machine.template", $"its pool is of {kind}s, and what is made from '{from.Reference}' is a {made}"));
    }

    private static ReadinessRung Ordinary(IReadOnlyList<string> features)
        => features.Contains("agent") ? ReadinessRung.Agent : features.Contains("ssh") ? ReadinessRung.Ssh : ReadinessRung.Process;
}
