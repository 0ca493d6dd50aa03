using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Machines;
using Warren.Server.Web;

namespace Warren.Server.Consoles.Connections;

/// <summary>Routes that tell who is and who was at machines' consoles.</summary>
internal static class ConnectionsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/connections", ListAsync).WithTags("consoles").WithName("listConnections").ProducesProblem(403)
            .WithSummary("Who is or was at the consoles of all machines, newest first; for the owner of the server. Kept for 30 days");
        api.MapGet("/machines/{machine}/connections", OfMachineAsync).WithTags("consoles").WithName("listMachineConnections").ProducesProblem(404)
            .WithSummary("Who is or was at the machine's consoles, newest first; open=true: who is there now");
    }

    private static Task<Ok<Page<Connection>>> ListAsync(WarrenDb db, Caller caller, bool? open, int? limit, string? after, CancellationToken cancellation)
    {
        caller.DemandAdministrator("see the connections of all machines");
        return PageAsync(db.Connections, open, limit, after, cancellation);
    }

    private static async Task<Ok<Page<Connection>>> OfMachineAsync(
        string machine, WarrenDb db, Caller caller, bool? open, int? limit, string? after, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        return await PageAsync(db.Connections.Where(c => c.MachineId == row.Id), open, limit, after, cancellation);
    }

    private static async Task<Ok<Page<Connection>>> PageAsync(IQueryable<ConnectionRow> rows, bool? open, int? limit, string? after, CancellationToken cancellation)
    {
        if (open is { } now) rows = rows.Where(c => c.EndedAt == null == now);
        return TypedResults.Ok(await Paging.PageAsync(rows.AsNoTracking(), c => c.Id, newestFirst: true, limit, after, c => c.ToContract(), cancellation));
    }
}
