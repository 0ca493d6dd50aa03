using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>Routes under /hosts.</summary>
internal static class HostsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/hosts").WithTags("hosts");
        group.MapGet("/", ListAsync).WithName("listHosts").WithSummary("Hosts, with what the last probe found and why");
        group.MapGet("/{name}", GetAsync).WithName("getHost").ProducesProblem(404).WithSummary("One host");
        group.MapPost("/{name}/probe", ProbeAsync).WithName("probeHost").WithMetadata(Web.Repeatable.Instance).ProducesProblem(404).WithSummary("Probe a host now");
    }

    private static async Task<Ok<Page<Contracts.Host>>> ListAsync(WarrenDb db, HostDirectory hosts, HostAdmission admission, CancellationToken cancellation)
    {
        var views = new List<Contracts.Host>();
        foreach (var row in await db.Hosts.AsNoTracking().OrderBy(h => h.Name).ToListAsync(cancellation))
            views.Add(await ViewAsync(row, hosts, admission, cancellation));
        return TypedResults.Ok(new Page<Contracts.Host>(views));
    }

    private static async Task<Ok<Contracts.Host>> GetAsync(
        string name, WarrenDb db, HostDirectory hosts, HostAdmission admission, CancellationToken cancellation)
    {
        var row = await db.Hosts.AsNoTracking().SingleOrDefaultAsync(h => h.Name == name, cancellation)
            ?? throw new RefusedException(Problems.NotFound($"There is no host '{name}'."));
        return TypedResults.Ok(await ViewAsync(row, hosts, admission, cancellation));
    }

    private static async Task<Ok<Contracts.Host>> ProbeAsync(
        string name, WarrenDb db, HostDirectory hosts, HostAdmission admission, ProbeHosts probe, CancellationToken cancellation)
    {
        if (!await db.Hosts.AnyAsync(h => h.Name == name, cancellation)) throw new RefusedException(Problems.NotFound($"There is no host '{name}'."));
        await probe.ProbeAsync(name, cancellation);
        return await GetAsync(name, db, hosts, admission, cancellation);
    }

    private static async Task<Contracts.Host> ViewAsync(HostRow row, HostDirectory hosts, HostAdmission admission, CancellationToken cancellation)
        => HostViews.View(row, hosts[row.Name], admission, await admission.UsedMiBAsync(row.Name, null, cancellation));
}
