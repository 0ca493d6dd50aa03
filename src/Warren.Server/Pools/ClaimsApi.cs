using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Pools;

/// <summary>
/// Routes under /claims, and those of a pool's claims. A claim keeps its own Idempotency-Key, on the lease: the ordinary way
/// would hold a transaction open for as long as the claim waits.
/// </summary>
internal static class ClaimsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/claims").WithTags("pools");
        group.MapGet("/{claim}", GetAsync).WithName("getLease").ProducesProblem(404).WithSummary("One lease, by its id or by its machine");
        group.MapPatch("/{claim}", RenewAsync).WithName("renewLease").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Let it end at another time, counted from now");
        group.MapDelete("/{claim}", ReleaseAsync).WithName("releaseLease").ProducesProblem(404).ProducesProblem(409)
            .WithSummary("End it: the machine is deleted with all it holds");
    }

    public static async Task<Created<Lease>> ClaimAsync(
        string pool, ClaimRequest? request, int? wait, [Microsoft.AspNetCore.Mvc.FromHeader(Name = IdempotencyFilter.Header)] string? key,
        WarrenDb db, Caller caller, ClaimPath path, ClaimQueue queue, PoolRules rules, PoolOptions options, LeaseCommands commands,
        TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var asked = clock.GetUtcNow();
        var row = await caller.FindAsync(db.Pools.AsNoTracking(), p => p.Id == pool || p.Name == pool, $"pool '{pool}'", cancellation);
        request ??= new ClaimRequest();
        Check(request, wait, key, options);
        var ttl = PoolRules.Ttl(row, request.TtlSeconds);
        var wish = new ClaimWish(caller.UserId, caller.ProjectId, ttl, request.Name, key, key is null ? null : HashOf(row, request), asked);
        var lease = key is null ? null : await ClaimPath.KnownAsync(db, wish.UserId, key, cancellation);
        if (lease is null)
        {
            if (row.State == PoolState.Draining) throw new RefusedException(PoolRules.DrainingProblem(row));
            lease = await path.TakeAsync(row, wish, null, cancellation);
            if (lease is null) await path.DemandShareAsync(row, wish, cancellation);
            if (lease is null && wait > 0) lease = await queue.WaitAsync(row, wish, TimeSpan.FromSeconds(wait.Value), cancellation);
            if (lease is null) throw new RefusedException(await EmptyAsync(db, row, rules, clock, cancellation));
        }
        else
        {
            http.Response.Headers["Idempotency-Replayed"] = "true";
        }

        if (lease.ClaimHash != wish.Hash)
            throw new RefusedException(Problems.Of("idempotency-mismatch", 422, "The key was used for another request", $"{IdempotencyFilter.Header}: use a new key for a new request"));
        // Whoever has gone without a key to come back with would never hear of it.
        if (cancellation.IsCancellationRequested && key is null) await commands.ReleaseAsync(await commands.FindAsync(lease.Id, CancellationToken.None), CancellationToken.None);
        return TypedResults.Created("/api/v1/claims/" + lease.Id, lease.ToContract(caller.UserName));
    }

    public static async Task<Ok<Page<Lease>>> ListAsync(
        string pool, bool? ended, WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var row = await PoolsApi.FindAsync(pool, db, caller, cancellation);
        var rows = db.Leases.AsNoTracking().Where(l => l.PoolId == row.Id);
        if (ended is not null) rows = rows.Where(l => (l.EndedAt != null) == ended);
        var (page, next) = await Paging.RowsAsync(rows, l => l.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Lease>(await LeaseViews.ViewAsync(db, page, cancellation), next));
    }

    private static async Task<Ok<Lease>> GetAsync(string claim, WarrenDb db, LeaseCommands commands, CancellationToken cancellation)
        => TypedResults.Ok((await LeaseViews.ViewAsync(db, [await commands.FindAsync(claim, cancellation)], cancellation))[0]);

    private static async Task<Ok<Lease>> RenewAsync(string claim, RenewRequest? request, WarrenDb db, LeaseCommands commands, CancellationToken cancellation)
    {
        var row = await commands.RenewAsync(await commands.FindAsync(claim, cancellation), request ?? new RenewRequest(), cancellation);
        return TypedResults.Ok((await LeaseViews.ViewAsync(db, [row], cancellation))[0]);
    }

    private static async Task<AcceptedOperation> ReleaseAsync(string claim, LeaseCommands commands, CancellationToken cancellation)
        => new(await commands.ReleaseAsync(await commands.FindAsync(claim, cancellation), cancellation));

    private static void Check(ClaimRequest request, int? wait, string? key, PoolOptions options)
    {
        var check = new Check();
        check.That(wait is null || (wait >= 0 && wait <= options.LongestWaitSeconds), "wait", $"0 to {options.LongestWaitSeconds} seconds");
        check.That(request.Name is null || Names.IsHostLabel(request.Name), "name", Names.HostLabelRule);
        check.That(key is null or { Length: >= 1 and <= IdempotencyFilter.LongestKey }, IdempotencyFilter.Header, $"1 to {IdempotencyFilter.LongestKey} characters");
        check.Throw();
    }

    private static async Task<Problem> EmptyAsync(WarrenDb db, PoolRow pool, PoolRules rules, TimeProvider clock, CancellationToken cancellation)
    {
        await db.Pools.Where(p => p.Id == pool.Id).ExecuteUpdateAsync(
            s => s.SetProperty(p => p.Misses, p => p.Misses + 1).SetProperty(p => p.Refused, p => p.Refused + 1), cancellation);
        var now = clock.GetUtcNow();
        var waiting = await db.Tickets.CountAsync(t => t.PoolId == pool.Id && t.AliveUntil >= now, cancellation);
        var members = await db.Machines.CountAsync(m => m.PoolId == pool.Id, cancellation);
        var seconds = pool.RetryAt > now ? (int)Math.Ceiling((pool.RetryAt.Value - now).TotalSeconds) : rules.RetryAfterSeconds(pool, waiting);
        var why = pool.ProblemJson is not null ? "its last launch failed, see the pool"
            : members >= pool.Max ? $"all of the {pool.Max} machines that it may have are taken"
            : "new ones are being launched";
        return Problems.PoolEmpty($"Pool '{pool.Name}' has no spare: {why}. {waiting} wait. Try again in {seconds} s.", seconds);
    }

    private static string HashOf(PoolRow pool, ClaimRequest request)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{pool.Id}\n{request.TtlSeconds}\n{request.Name}")));
}
