using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Pools;

/// <summary>Routes under /pools.</summary>
internal static class PoolsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/pools").WithTags("pools");
        group.MapGet("/", ListAsync).WithName("listPools").WithSummary("Pools with their machines counted, newest first");
        group.MapPost("/", CreateAsync).WithName("createPool").WithMetadata(Creates.Instance).ProducesProblem(400).ProducesProblem(409).WithSummary("Make a pool; it begins to fill at once");
        group.MapGet("/{pool}", GetAsync).WithName("getPool").ProducesProblem(404).WithSummary("One pool, by id or name");
        group.MapPatch("/{pool}", ResizeAsync).WithName("resizePool").ProducesProblem(400).ProducesProblem(404).ProducesProblem(412)
            .WithSummary("Change how many machines it keeps, and for how long");
        group.MapDelete("/{pool}", DeleteAsync).WithName("deletePool").ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Delete it with its spares; with ?force=true also what is lent");
        group.MapPost("/{pool}/drain", (string pool, WarrenDb db, Caller caller, PoolCommands commands, TimeProvider clock, CancellationToken c) => DrainAsync(pool, true, db, caller, commands, clock, c))
            .WithName("drainPool").WithMetadata(Repeatable.Instance).ProducesProblem(404).WithSummary("Lend nothing, launch nothing and delete the spares; leases go on");
        group.MapPost("/{pool}/resume", (string pool, WarrenDb db, Caller caller, PoolCommands commands, TimeProvider clock, CancellationToken c) => DrainAsync(pool, false, db, caller, commands, clock, c))
            .WithName("resumePool").WithMetadata(Repeatable.Instance).ProducesProblem(404).WithSummary("Lend and fill again");
        group.MapPost("/{pool}/claims", ClaimsApi.ClaimAsync).WithName("claimMachine").WithMetadata(Repeatable.Instance, Creates.Instance)
            .ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(429).ProducesProblem(503)
            .WithSummary("Take a spare; with ?wait=seconds, wait in line for one");
        group.MapGet("/{pool}/claims", ClaimsApi.ListAsync).WithName("listLeases").ProducesProblem(404).WithSummary("Leases of the pool, newest first; with ?ended=false only those that live");
    }

    public static Task<PoolRow> FindAsync(string pool, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.FindAsync(db.Pools, p => p.Id == pool || p.Name == pool, $"pool '{pool}'", cancellation);

    private static async Task<Ok<Page<Pool>>> ListAsync(WarrenDb db, Caller caller, TimeProvider clock, int? limit, string? after, CancellationToken cancellation)
    {
        var (page, next) = await Paging.RowsAsync(caller.Visible(db.Pools.AsNoTracking()), p => p.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Pool>(await PoolViews.ViewAsync(db, page, clock.GetUtcNow(), cancellation), next));
    }

    private static async Task<Created<Pool>> CreateAsync(CreatePoolRequest request, WarrenDb db, PoolCommands commands, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var row = await commands.CreateAsync(request, cancellation);
        ETags.Send(http, row);
        return TypedResults.Created("/api/v1/pools/" + row.Id, await ViewAsync(db, row, clock, cancellation));
    }

    private static async Task<Ok<Pool>> GetAsync(string pool, WarrenDb db, Caller caller, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(pool, db, caller, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok(await ViewAsync(db, row, clock, cancellation));
    }

    private static async Task<Ok<Pool>> ResizeAsync(
        string pool, ResizePoolRequest request, WarrenDb db, Caller caller, PoolCommands commands, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(pool, db, caller, cancellation);
        ETags.Demand(http, row);
        await commands.ResizeAsync(row, request, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok(await ViewAsync(db, row, clock, cancellation));
    }

    private static async Task<NoContent> DeleteAsync(
        string pool, bool? force, WarrenDb db, Caller caller, PoolCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(pool, db, caller, cancellation);
        ETags.Demand(http, row);
        await commands.DeleteAsync(row, force == true, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Pool>> DrainAsync(
        string pool, bool on, WarrenDb db, Caller caller, PoolCommands commands, TimeProvider clock, CancellationToken cancellation)
    {
        var row = await FindAsync(pool, db, caller, cancellation);
        return TypedResults.Ok(await ViewAsync(db, await commands.DrainAsync(row, on, cancellation), clock, cancellation));
    }

    private static async Task<Pool> ViewAsync(WarrenDb db, PoolRow row, TimeProvider clock, CancellationToken cancellation)
        => (await PoolViews.ViewAsync(db, [row], clock.GetUtcNow(), cancellation))[0];
}
