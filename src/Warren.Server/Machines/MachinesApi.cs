using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Audit;
using Warren.Server.Database;
using Warren.Server.Keys;
using Warren.Server.Networks;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>Routes under /machines.</summary>
internal static class MachinesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines").WithTags("machines");
        group.MapGet("/", ListAsync).WithName("listMachines").WithSummary("Machines, newest first; those that are shared with you among them");
        group.MapPost("/", LaunchAsync).WithName("launchMachine").WithMetadata(Creates.Instance).ProducesProblem(403).ProducesProblem(429).ProducesProblem(400).ProducesProblem(409).WithSummary("Launch a machine");
        group.MapGet("/{machine}", GetAsync).WithName("getMachine").ProducesProblem(404).WithSummary("One machine, by id or name; one that is shared with you, by its id");
        group.MapPatch("/{machine}", EditAsync).WithName("editMachine").ProducesProblem(400).ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412).ProducesProblem(422)
            .WithSummary("Change memory, CPUs or disk of a stopped machine (202), or when and by what a machine ends and whether its screen is recorded (200)");
        group.MapPost("/{machine}/keep", KeepAsync).WithName("keepMachine").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Put off what would happen to it by itself");
        group.MapDelete("/{machine}", DeleteAsync).WithName("deleteMachine").ProducesProblem(404).ProducesProblem(412)
            .WithSummary("Delete a machine with all it owns, whatever is under way");
        group.MapPost("/{machine}/start", StartAsync).WithName("startMachine").ProducesProblem(403).ProducesProblem(404).ProducesProblem(409).WithSummary("Switch it on; a suspended machine goes on where it stood");
        group.MapPost("/{machine}/stop", StopAsync).WithName("stopMachine").ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Shut it down; switched off when the grace period is over");
        group.MapPost("/{machine}/restart", RestartAsync).WithName("restartMachine").ProducesProblem(404).ProducesProblem(409).WithSummary("Stop and start");
        group.MapPost("/{machine}/keys", InjectKeysAsync).WithName("injectKeys").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("Put public keys into the guest");
        group.MapPost("/placement", PlaceAsync).WithName("placeMachine").WithMetadata(Repeatable.Instance, Needs.Look, AuditMark.Never).ProducesProblem(400)
            .WithSummary("Which host would take a launch, and what each of them says; changes nothing");
        MachineVerbsApi.Map(group);
        MachineStreams.Map(group);
    }

    public static Task<MachineRow> FindAsync(string machine, WarrenDb db, Caller caller, CancellationToken cancellation)
        => caller.FindAsync(db.Machines, m => m.Id == machine || m.Name == machine, $"machine '{machine}'", cancellation);

    private static async Task<Ok<Page<Machine>>> ListAsync(
        WarrenDb db, Caller caller, MachineState? state, string? name, int? limit, string? after, CancellationToken cancellation)
    {
        var rows = SharedMachines.Machines(db, caller);
        if (state is not null) rows = rows.Where(m => m.State == state);
        if (name is not null) rows = rows.Where(m => m.Name.Contains(name));
        var (page, next) = await Paging.RowsAsync(rows, m => m.Id, newestFirst: true, limit, after, cancellation);
        return TypedResults.Ok(new Page<Machine>(await MachineViews.ViewAsync(db, page, cancellation, await SharedMachines.WithAsync(db, caller, cancellation)), next));
    }

    private static async Task<AcceptedOperation> LaunchAsync(LaunchRequest request, LaunchCommand command, CancellationToken cancellation)
        => new(await command.RunAsync(request, cancellation));

    private static async Task<Ok<Placement>> PlaceAsync(LaunchRequest request, LaunchCommand command, CancellationToken cancellation)
        => TypedResults.Ok(await command.ExplainAsync(request, cancellation));

    private static async Task<Ok<Machine>> GetAsync(string machine, WarrenDb db, Caller caller, HttpContext http, CancellationToken cancellation)
        => await ShowAsync(await FindAsync(machine, db, caller, cancellation), db, caller, http, cancellation);

    private static async Task<Results<Ok<Machine>, AcceptedOperation>> EditAsync(
        string machine, EditMachineRequest request, WarrenDb db, Caller caller, MachineCommands commands, MachineOptions options, PortOptions ports,
        HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(machine, db, caller, cancellation);
        ETags.Demand(http, row);
        var minimum = await db.Images.Where(i => i.Id == row.ImageId).Select(i => i.MinimumMemoryMib).FirstOrDefaultAsync(cancellation);
        var limits = options.LimitsFor(minimum, ports);
        var check = new Check();
        var (resizes, ends) = (request is not { MemoryMiB: null, Cpus: null, DiskGiB: null }, request is not { TtlSeconds: null, TtlAction: null, Idle: null, Unwatched: null });
        check.That(resizes || ends || request.RecordScreen is not null, "memoryMiB", "give at least one of memoryMiB, cpus, diskGiB, ttlSeconds, ttlAction, idle, unwatched, recordScreen");
        check.InRange(request.MemoryMiB, limits.MemoryMiB, "memoryMiB", "MiB");
        check.InRange(request.Cpus, limits.Cpus, "cpus", "CPUs");
        check.InRange(request.DiskGiB, limits.DiskGiB, "diskGiB", "GiB");
        check.That(request.DiskGiB is null || request.DiskGiB >= row.DiskGib, "diskGiB", $"disks only grow; it has {row.DiskGib} GiB");
        check.Throw();
        if (ends) await commands.EditLifetimeAsync(row, request, cancellation);
        if (request.RecordScreen is { } record) await commands.RecordScreenAsync(row, record, cancellation);
        // Both in one transaction: what is refused leaves nothing changed.
        if (resizes) return new AcceptedOperation(await commands.ResizeAsync(row, request, cancellation));
        await db.SaveChangesAsync(cancellation);
        return await ShowAsync(row, db, caller, http, cancellation);
    }

    private static async Task<Ok<Machine>> KeepAsync(
        string machine, KeepRequest? request, WarrenDb db, Caller caller, MachineCommands commands, HttpContext http, CancellationToken cancellation)
        => await ShowAsync(await commands.KeepAsync(await FindAsync(machine, db, caller, cancellation), request ?? new KeepRequest(), cancellation), db, caller, http, cancellation);

    private static async Task<Ok<Machine>> ShowAsync(MachineRow row, WarrenDb db, Caller caller, HttpContext http, CancellationToken cancellation)
    {
        ETags.Send(http, row);
        return TypedResults.Ok((await MachineViews.ViewAsync(db, [row], cancellation, await SharedMachines.WithAsync(db, caller, cancellation)))[0]);
    }

    private static async Task<AcceptedOperation> DeleteAsync(
        string machine, WarrenDb db, Caller caller, MachineCommands commands, HttpContext http, CancellationToken cancellation)
    {
        var row = await FindAsync(machine, db, caller, cancellation);
        ETags.Demand(http, row);
        return new AcceptedOperation(await commands.DeleteAsync(row, cancellation));
    }

    private static async Task<AcceptedOperation> StartAsync(string machine, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
        => new(await commands.StartAsync(await FindAsync(machine, db, caller, cancellation), cancellation));

    private static async Task<AcceptedOperation> StopAsync(
        string machine, StopRequest? request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
        => new(await commands.StopAsync(await FindAsync(machine, db, caller, cancellation), request ?? new StopRequest(), cancellation));

    private static async Task<AcceptedOperation> RestartAsync(
        string machine, StopRequest? request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
        => new(await commands.RestartAsync(await FindAsync(machine, db, caller, cancellation), request ?? new StopRequest(), cancellation));

    private static async Task<AcceptedOperation> InjectKeysAsync(
        string machine, InjectKeysRequest request, WarrenDb db, Caller caller, MachineCommands commands, CancellationToken cancellation)
    {
        var row = await FindAsync(machine, db, caller, cancellation);
        if (request.Keys.Count is 0 or > 32) throw new RefusedException(Problems.Validation("keys", "1 to 32 keys"));
        return new AcceptedOperation(await commands.InjectKeysAsync(row, await PublicKeys.ResolveAsync(db, caller, request.Keys, cancellation), cancellation));
    }
}
