using Warren.Hypervisors;
using Warren.Server.Access;
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
        group.MapGet("/serial", SerialAsync).WithName("openSerial").Produces(101).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("WebSocket that carries the serial line's bytes; it outlives a move of the machine to another host");
        group.MapGet("/logs", LogsAsync).WithName("readLogs").Produces<string>(200, "text/plain").ProducesProblem(404)
            .WithSummary("What the guest wrote to its serial line; with follow=true it goes on until the machine is off");
    }

    private static async Task SerialAsync(
        string machine, HttpContext http, WarrenDb db, Caller caller, SerialRelay relay, MachineUse use, IHostApplicationLifetime lifetime)
    {
        if (!http.WebSockets.IsWebSocketRequest)
            throw new RefusedException(Problems.Of("websocket-required", 426, "Ask for a WebSocket", "This route carries a serial line over a WebSocket."));
        var row = await MachinesApi.FindAsync(machine, db, caller, http.RequestAborted);
        Stream line;
        try
        {
            line = await relay.OpenAsync(row.Id, http.RequestAborted);
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.NotFound)
        {
            throw new RefusedException(Problems.IllegalState("The machine is off; its serial line is dead."));
        }

        // Whatever happens to the terminal, the line is given back; doing so twice is fine.
        await using var open = line;
        using var used = use.Begin(row.Id);
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = http.WebSockets.WebSocketRequestedProtocols.Contains("binary") ? "binary" : null,
        });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await relay.RunAsync(socket, line, row.Id, stop.Token);
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
