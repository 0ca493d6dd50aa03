using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>Routes under /hosts for hosts themselves, and /hypervisors. What changes something is the owner's.</summary>
internal static class HostsApi
{
    /// <summary>How long a request waits for a probe; one that takes longer goes on and tells by the host's status.</summary>
    private static readonly TimeSpan ProbeWait = TimeSpan.FromSeconds(25);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/hypervisors", (IReadOnlyList<HypervisorKind> kinds) => TypedResults.Ok(new Page<Hypervisor>([.. kinds.Select(View)])))
            .WithTags("hosts").WithName("listHypervisors").WithSummary("Kinds of hypervisors, with the settings of a host and the options of a machine");
        var group = api.MapGroup("/hosts").WithTags("hosts");
        group.MapGet("/", ListAsync).WithName("listHosts").WithSummary("Hosts, with what the last probe found and why");
        group.MapPost("/", AddAsync).WithName("addHost").ProducesProblem(400).ProducesProblem(403).ProducesProblem(409)
            .WithSummary("Add a host; one that does not answer yet is added, and its status says why it does not");
        group.MapGet("/{name}", GetAsync).WithName("getHost").ProducesProblem(404).WithSummary("One host");
        group.MapPatch("/{name}", EditAsync).WithName("editHost").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Change settings, secrets, labels or limits; what is left out stays");
        group.MapDelete("/{name}", RemoveAsync).WithName("removeHost").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412)
            .WithSummary("Forget a host that has no machines; nothing on it is touched");
        group.MapPost("/{name}/probe", ProbeAsync).WithName("probeHost").WithMetadata(Repeatable.Instance).ProducesProblem(404).WithSummary("Probe a host now");
        group.MapPost("/{name}/drain", (string name, HostCommands commands, WarrenDb db, HostViews views, Caller caller, CancellationToken c) => DrainAsync(name, true, commands, db, views, caller, c))
            .WithName("drainHost").WithMetadata(Repeatable.Instance).ProducesProblem(403).ProducesProblem(404).WithSummary("Take no new machines; those that are there stay");
        group.MapPost("/{name}/undrain", (string name, HostCommands commands, WarrenDb db, HostViews views, Caller caller, CancellationToken c) => DrainAsync(name, false, commands, db, views, caller, c))
            .WithName("undrainHost").WithMetadata(Repeatable.Instance).ProducesProblem(403).ProducesProblem(404).WithSummary("Take new machines again");
        HostResourcesApi.Map(group);
        HostMachinesApi.Map(group);
    }

    private static async Task<Ok<Page<Contracts.Host>>> ListAsync(WarrenDb db, HostViews views, Caller caller, int? limit, string? after, CancellationToken cancellation)
    {
        var (rows, next) = await Paging.RowsAsync(db.Hosts.AsNoTracking(), h => h.Name, newestFirst: false, limit, after, cancellation);
        return TypedResults.Ok(new Page<Contracts.Host>(await views.ViewAsync(db, rows, caller.IsAdministrator, cancellation), next));
    }

    private static async Task<Created<Contracts.Host>> AddAsync(
        AddHostRequest request, HostCommands commands, WarrenDb db, HostViews views, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("add hosts");
        var row = await commands.AddAsync(request, cancellation);
        return TypedResults.Created($"/api/v1/hosts/{row.Name}", (await views.ViewAsync(db, [row], settings: true, cancellation))[0]);
    }

    private static async Task<Ok<Contracts.Host>> GetAsync(
        string name, HostCommands commands, WarrenDb db, HostViews views, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        var row = await commands.FindAsync(name, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok((await views.ViewAsync(db, [row], caller.IsAdministrator, cancellation))[0]);
    }

    private static async Task<Ok<Contracts.Host>> EditAsync(
        string name, EditHostRequest request, HostCommands commands, WarrenDb db, HostViews views, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        caller.DemandAdministrator("change hosts");
        var row = await commands.FindAsync(name, cancellation);
        ETags.Demand(http, row);
        await commands.EditAsync(row, request, cancellation);
        ETags.Send(http, row);
        return TypedResults.Ok((await views.ViewAsync(db, [row], settings: true, cancellation))[0]);
    }

    private static async Task<NoContent> RemoveAsync(string name, HostCommands commands, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        caller.DemandAdministrator("remove hosts");
        var row = await commands.FindAsync(name, cancellation);
        ETags.Demand(http, row);
        await commands.RemoveAsync(row, cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<Contracts.Host>> ProbeAsync(
        string name, HostCommands commands, WarrenDb db, HostViews views, Caller caller, HostDirectory hosts, ProbeHosts probes,
        IHostApplicationLifetime lifetime, TimeProvider clock, HttpContext http, CancellationToken cancellation)
    {
        await commands.FindAsync(name, cancellation);
        hosts.Forget(name);
        await Task.WhenAny(probes.ProbeAsync(name, lifetime.ApplicationStopping), Task.Delay(ProbeWait, clock, cancellation));
        db.ChangeTracker.Clear();
        return await GetAsync(name, commands, db, views, caller, http, cancellation);
    }

    private static async Task<Ok<Contracts.Host>> DrainAsync(
        string name, bool on, HostCommands commands, WarrenDb db, HostViews views, Caller caller, CancellationToken cancellation)
    {
        caller.DemandAdministrator("drain hosts");
        var row = await commands.FindAsync(name, cancellation);
        await commands.DrainAsync(row, on, cancellation);
        return TypedResults.Ok((await views.ViewAsync(db, [row], settings: true, cancellation))[0]);
    }

    private static Hypervisor View(HypervisorKind kind) => new()
    {
        Name = kind.Name,
        Title = kind.Title,
        Summary = kind.Summary,
        Addable = kind.AddedAtRunTime,
        Settings = [.. kind.Settings.Select(s => new HypervisorSetting(s.Name, s.Help, s.Required, s.Secret, (Contracts.SettingShape)s.Shape, s.Default))],
        MachineOptions = [.. kind.MachineOptions.Select(o => new HypervisorOption(o.Name, o.Help))],
        BootFormats = kind.BootFormats,
        NamedNetworks = kind.NamedNetworks,
        NetworkModes = kind.NetworkModes,
        EgressLists = kind.EgressLists,
        NetworkLimits = kind.NetworkLimits,
        DiskLimits = kind.DiskLimits,
    };
}
