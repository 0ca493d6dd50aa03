using Microsoft.Net.Http.Headers;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Screens;
using Warren.Server.Consoles.Sharing;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Consoles;

/// <summary>A machine's screen: for viewers over a WebSocket; for programs its picture, and a hand at its keyboard and mouse.</summary>
internal static class ScreensApi
{
    private const int LongestStable = 10_000;
    private const int LongestWait = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}").WithTags("consoles");
        group.MapGet("/screen", ScreenAsync).WithName("openScreen").WithMetadata(new TakesTicket(ConsoleKind.Screen), Needs.Look).Produces(101).ProducesProblem(404).ProducesProblem(409)
            .WithSummary("WebSocket that carries the screen as RFB (RFC 6143) bytes; with viewOnly=true nothing that the viewer types reaches the machine");
        group.MapGet("/screen.png", PictureAsync).WithName("getScreenshot").Produces<byte[]>(200, "image/png").Produces(304)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("The screen's picture; the header Warren-Screen has its real size as 1024x768")
            .WithDescription("width makes it smaller. stable waits until nothing has changed for that many milliseconds, at most wait seconds (10).");
        group.MapPost("/input", InputAsync).WithName("sendInput").Produces(204)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Types, presses keys, moves and clicks; answers when all is sent");
    }

    private static async Task ScreenAsync(
        string machine, bool? viewOnly, HttpContext http, WarrenDb db, Caller caller, HostDirectory hosts, ScreenHubs hubs, ConnectionLog connections, MachineUse use, TimeProvider clock, IHostApplicationLifetime lifetime)
    {
        ConsoleSockets.Demand(http, "speaks RFB");
        var row = await FindAsync(machine, db, caller, hosts, http.RequestAborted);
        using var glance = await Glance.AtAsync(hubs, row.Id, http.RequestAborted);
        using var used = use.Begin(row.Id);
        var wants = viewOnly == true ? ViewerRole.View : ViewerRole.Control;
        using var socket = await ConsoleSockets.AcceptAsync(http, ScreenSocket.Protocol);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await using var connection = await connections.OpenAsync(row, ConsoleKind.Screen, wants == ViewerRole.View ? wants : caller.AtConsole, caller, http);
        await ScreenRelay.RunAsync(socket, glance.Hub, new Visitor(connection.Id, caller.UserName, caller.AtConsole, caller.Share), wants, connection, () => DirectOutput.Begin(http), clock, stop.Token);
    }

    private static async Task<IResult> PictureAsync(
        string machine, int? width, int? stable, int? wait, HttpContext http, WarrenDb db, Caller caller, HostDirectory hosts, ScreenHubs hubs, TimeProvider clock,
        CancellationToken cancellation)
    {
        if (width is < Photograph.SmallestWidth or > Photograph.LargestWidth) throw new RefusedException(Problems.Validation("width", $"{Photograph.SmallestWidth} to {Photograph.LargestWidth} pixels"));
        if (stable is < 0 or > LongestStable) throw new RefusedException(Problems.Validation("stable", $"0 to {LongestStable} milliseconds"));
        if (wait is < 0 or > LongestWait) throw new RefusedException(Problems.Validation("wait", $"0 to {LongestWait} seconds"));
        var row = await FindAsync(machine, db, caller, hosts, cancellation);
        using var glance = await Glance.AtAsync(hubs, row.Id, cancellation);
        var hub = glance.Hub;
        if (stable > 0) await glance.RestAsync(TimeSpan.FromMilliseconds(stable.Value), TimeSpan.FromSeconds(wait ?? 10), clock, cancellation);
        if (hub.Why is not null) throw new RefusedException(Problems.IllegalState("The machine went off meanwhile; it has no screen."));
        var photograph = Photograph.Take(hub.Shadow, width);
        photograph.Announce(http.Response);
        var tag = new EntityTagHeaderValue($"\"{photograph.Tag}\"");
        http.Response.Headers.ETag = tag.ToString();
        return http.Request.GetTypedHeaders().IfNoneMatch.Any(t => t.Compare(tag, useStrongComparison: false))
            ? TypedResults.StatusCode(304)
            : TypedResults.Bytes(photograph.ToPng(), "image/png");
    }

    private static async Task<IResult> InputAsync(
        string machine, ScreenInput input, WarrenDb db, Caller caller, HostDirectory hosts, ScreenHubs hubs, MachineUse use, TimeProvider clock,
        CancellationToken cancellation)
    {
        var row = await FindAsync(machine, db, caller, hosts, cancellation);
        using var glance = await Glance.AtAsync(hubs, row.Id, cancellation);
        var hub = glance.Hub;
        using var used = use.Begin(row.Id);
        var picture = hub.Shadow.Picture!;
        foreach (var (message, pause) in InputPlan.Make(input, picture.Width, picture.Height))
        {
            // What was begun is ended, or keys would stay down; a machine that does not read ends it, too.
            if (message is not null) await SendAsync(hub, message, clock);
            else cancellation.ThrowIfCancellationRequested();
            await Task.Delay(pause, clock, message is null ? cancellation : CancellationToken.None);
        }

        return hub.Why is null ? TypedResults.NoContent() : throw new RefusedException(Problems.IllegalState("The machine went off meanwhile; what it took is not known."));
    }

    private static async Task SendAsync(ScreenHub hub, byte[] message, TimeProvider clock)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            await hub.SendAsync(message, patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new RefusedException(Problems.IllegalState("The machine takes no input; what it took before is not known."));
        }
    }

    private static async Task<MachineRow> FindAsync(string machine, WarrenDb db, Caller caller, HostDirectory hosts, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        if ((await hosts.DriverAsync(row.Host, cancellation)).Screen is null) throw new RefusedException(Problems.Unsupported("This machine's hypervisor shows no screen."));
        return row;
    }
}
