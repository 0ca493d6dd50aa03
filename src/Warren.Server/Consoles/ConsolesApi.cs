using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Serial;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Consoles;

/// <summary>A machine's serial line over a WebSocket, and its log as text.</summary>
internal static class ConsolesApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}").WithTags("consoles");
        group.MapGet("/serial", SerialAsync).WithName("openSerial").WithMetadata(new TakesTicket(ConsoleKind.Serial), Needs.Look).Produces(101).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .ProducesProblem(400)
            .WithSummary("WebSocket that carries the serial line's bytes; it outlives restarts of the machine and its moves to other hosts")
            .WithDescription("Any number of terminals share the line. from is the place in the log where it goes on (log says in which), tail the bytes of the log that come first; without them it begins now. With viewOnly=true nothing that is typed reaches the machine. With the subprotocol warren.serial text messages tell places (SerialPlace); see docs/consoles.md.");
        group.MapGet("/logs", LogsAsync).WithName("readLogs").Produces<string>(200, "text/plain").ProducesProblem(404)
            .WithSummary("What the guest wrote to its serial line; with follow=true it goes on until the machine is off");
    }

    private static async Task SerialAsync(
        string machine, bool? viewOnly, long? from, string? log, int? tail, HttpContext http, WarrenDb db, Caller caller, SerialHubs hubs, ConnectionLog connections, MachineUse use, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        ConsoleSockets.Demand(http, "carries a serial line");
        var begin = SerialBegin.Read(from, log, tail);
        var row = await MachinesApi.FindAsync(machine, db, caller, http.RequestAborted);
        var (hub, seat) = hubs.Join(row.Id);
        using var taken = seat;
        // Whoever comes first hears the line from its opening on.
        var first = hub.Beginning is null;
        try
        {
            await hub.ReadyAsync(http.RequestAborted);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            throw new RefusedException(Problems.IllegalState("The machine is off; its serial line is dead."));
        }

        using var used = use.Begin(row.Id);
        // Before it can type: the answer to its first key belongs to what it hears.
        using var kept = await hub.OpenLogAsync(http.RequestAborted);
        var (at, missed) = begin.In(kept, first ? hub.Beginning : null);
        var role = viewOnly == true ? ViewerRole.View : caller.AtConsole;
        using var socket = await ConsoleSockets.AcceptAsync(http, SerialTerminal.Protocol);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await using var connection = await connections.OpenAsync(row, ConsoleKind.Serial, role, caller, http);
        await new SerialTerminal(socket, hub, clock).RunAsync(kept, at, missed, role, connection, stop.Token);
    }

    private static async Task LogsAsync(
        string machine, bool? follow, HttpContext http, WarrenDb db, Caller caller, HostDirectory hosts, SerialLog log, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        var serial = (await hosts.DriverAsync(row.Host, cancellation)).Serial ?? throw new RefusedException(Problems.Unsupported("This machine's hypervisor keeps no serial log."));
        await using var stream = await serial.OpenLogAsync(row.Id, cancellation);
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        await log.CopyAsync(stream, http.Response.Body, follow == true, await hosts.DriverAsync(row.Host, cancellation), row.Id, cancellation);
    }
}
