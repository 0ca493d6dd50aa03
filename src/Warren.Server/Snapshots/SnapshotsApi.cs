using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Snapshots;

/// <summary>Routes under /machines/{machine}/snapshots.</summary>
internal static class SnapshotsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}/snapshots").WithTags("snapshots");
        group.MapGet("/", ListAsync).WithName("listSnapshots").ProducesProblem(404).WithSummary("A machine's snapshots, oldest first; parentId makes them a tree");
        group.MapPost("/", TakeAsync).WithName("takeSnapshot").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Keep what its disks hold, and its memory where that is asked for");
        group.MapGet("/{snapshot}", GetAsync).WithName("getSnapshot").ProducesProblem(404).WithSummary("One snapshot, by id or name");
        group.MapPatch("/{snapshot}", EditAsync).WithName("editSnapshot").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Give it another name or description");
        group.MapDelete("/{snapshot}", DeleteAsync).WithName("deleteSnapshot").ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Forget it; the machine and the other snapshots keep what they hold");
        group.MapPost("/{snapshot}/restore", RestoreAsync).WithName("restoreSnapshot").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Return to it; what was written since is lost");
    }

    private static async Task<Ok<Page<Snapshot>>> ListAsync(
        string machine, WarrenDb db, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        return TypedResults.Ok(await Paging.PageAsync(
            db.Snapshots.AsNoTracking().Where(s => s.MachineId == row.Id), s => s.Id, newestFirst: false, limit, after, s => s.ToContract(row), cancellation));
    }

    private static async Task<Ok<Snapshot>> GetAsync(string machine, string snapshot, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var (row, found) = await FindAsync(machine, snapshot, db, caller, cancellation);
        return TypedResults.Ok(found.ToContract(row));
    }

    private static async Task<AcceptedOperation> TakeAsync(
        string machine, TakeSnapshotRequest? request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
        => new(await commands.TakeSnapshotAsync(await MachinesApi.FindAsync(machine, db, caller, cancellation), request ?? new TakeSnapshotRequest(), cancellation));

    private static async Task<Ok<Snapshot>> EditAsync(
        string machine, string snapshot, EditSnapshotRequest request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
    {
        var (row, found) = await FindAsync(machine, snapshot, db, caller, cancellation);
        return TypedResults.Ok((await commands.EditSnapshotAsync(found, request, cancellation)).ToContract(row));
    }

    private static async Task<AcceptedOperation> DeleteAsync(
        string machine, string snapshot, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
    {
        var (row, found) = await FindAsync(machine, snapshot, db, caller, cancellation);
        return new AcceptedOperation(await commands.DeleteSnapshotAsync(row, found, cancellation));
    }

    private static async Task<AcceptedOperation> RestoreAsync(
        string machine, string snapshot, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
    {
        var (row, found) = await FindAsync(machine, snapshot, db, caller, cancellation);
        return new AcceptedOperation(await commands.RestoreAsync(row, found, cancellation));
    }

    private static async Task<(MachineRow Machine, SnapshotRow Snapshot)> FindAsync(
        string machine, string snapshot, WarrenDb db, Caller caller, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var found = await db.Snapshots.FirstOrDefaultAsync(s => s.MachineId == row.Id && (s.Id == snapshot || s.Name == snapshot), cancellation);
        return (row, caller.Saw(found ?? throw new RefusedException(Problems.NotFound($"'{row.Name}' has no snapshot '{snapshot}'."))));
    }
}
