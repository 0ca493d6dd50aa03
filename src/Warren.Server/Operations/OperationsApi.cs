using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Operations;

/// <summary>Routes under /operations.</summary>
internal static class OperationsApi
{
    /// <summary>Longest time that <c>?wait=</c> holds a request, in seconds.</summary>
    private const int LongestWait = 60;

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/operations").WithTags("operations");
        group.MapGet("/", ListAsync).WithName("listOperations").WithSummary("Operations, newest first");
        group.MapGet("/{id}", GetAsync).WithName("getOperation").Produces<Operation>().ProducesProblem(404)
            .WithSummary("One operation; with ?wait=seconds, answered when it has ended or the time is over");
        group.MapPost("/{id}/cancel", CancelAsync).WithName("cancelOperation").Produces<Operation>(202).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Stop it and undo what it began");
    }

    private static async Task<Ok<Page<Operation>>> ListAsync(
        WarrenDb db, Caller caller, string? subject, bool? ended, int? limit, string? after, CancellationToken cancellation)
    {
        var rows = Confinement.Operations(SharedMachines.Operations(db, caller), db, caller, gone: false);
        if (subject is not null) rows = rows.Where(o => o.SubjectId == subject || o.SubjectName == subject);
        if (ended is not null) rows = rows.Where(o => o.Live == !ended);
        return TypedResults.Ok(await Paging.PageAsync(rows, o => o.Id, newestFirst: true, limit, after, o => o.ToContract(), cancellation));
    }

    private static async Task<Ok<Operation>> GetAsync(
        string id, int? wait, WarrenDb db, Caller caller, Signals signals, TimeProvider clock, CancellationToken cancellation)
    {
        if (wait is < 0 or > LongestWait) throw new RefusedException(Problems.Validation("wait", $"0 to {LongestWait} seconds"));
        var until = clock.GetUtcNow().AddSeconds(wait ?? 0);
        while (true)
        {
            var next = signals.Next;
            var row = await FindAsync(id, db, caller, cancellation);
            var left = until - clock.GetUtcNow();
            if (!row.Live || left <= TimeSpan.Zero) return TypedResults.Ok(row.ToContract());
            await signals.WaitAsync(next, left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), cancellation);
        }
    }

    private static async Task<AcceptedOperation> CancelAsync(string id, WarrenDb db, Caller caller, OperationQueue queue, CancellationToken cancellation)
    {
        // What is seen because its machine is shared is not theirs to stop.
        if (caller.HasShared && (await FindAsync(id, db, caller, cancellation)).ProjectId != caller.ProjectId)
            throw new RefusedException(Problems.Forbidden("The machine is shared with you; what is done to it is stopped by members of its project."));
        var row = await caller.FindAsync(db.Operations, o => o.Id == id, $"operation '{id}'", cancellation);
        queue.RequestCancel(row);
        await db.SaveChangesAsync(cancellation);
        return new AcceptedOperation(row);
    }

    private static async Task<OperationRow> FindAsync(string id, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.Saw(await Confinement.Operations(SharedMachines.Operations(db, caller), db, caller, gone: true).FirstOrDefaultAsync(o => o.Id == id, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no operation '{id}'.")));
}
