using System.Globalization;
using System.Text;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Consoles.Connections;
using Warren.Server.Database;
using Warren.Server.Hosts;
using Warren.Server.Machines;
using Warren.Server.Operations;

namespace Warren.Server.Consoles;

/// <summary>TCP ports of a machine over a WebSocket, for those who have no route to it; and the file that opens its remote desktop that way.</summary>
internal static class PortsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var group = api.MapGroup("/machines/{machine}").WithTags("consoles");
        group.MapGet("/ports/{port}", OpenAsync).WithName("openPort").Produces(101)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422).ProducesProblem(502)
            .WithSummary("WebSocket that carries a TCP connection to a port of the guest, in binary messages")
            .WithDescription("An empty message says, in either direction, that this side sends nothing more. The answer comes when the guest has accepted; "
                + "port-closed (409) says that nobody listens there.");
        group.MapGet("/rdp", RemoteDesktopAsync).WithName("getRemoteDesktopFile").Produces<string>(200, RemoteDesktopFile.ContentType)
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(422)
            .WithSummary("A file for a remote desktop client that connects to localPort (13389) of the user's own computer, where `warren tunnel NAME localPort:3389` listens");
    }

    private static async Task OpenAsync(
        string machine, int port, HttpContext http, WarrenDb db, Caller caller, HostDirectory hosts, MachineUse use, PortRelay relay, ConnectionLog connections, IHostApplicationLifetime lifetime)
    {
        ConsoleSockets.Demand(http, "carries a TCP connection");
        CheckPort("port", port);
        var (row, ports) = await FindAsync(machine, db, caller, hosts, http.RequestAborted);
        if (row.State is MachineState.Creating or MachineState.Stopped or MachineState.Failed or MachineState.Deleting or MachineState.Suspended) throw Off();
        if (row.State is MachineState.Paused) throw new RefusedException(Problems.IllegalState("The machine is paused; its guest answers nobody."));
        await using var guest = await ConnectAsync(ports, row, port, http.RequestAborted);
        using var used = use.Begin(row.Id);
        using var socket = await ConsoleSockets.AcceptAsync(http);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        await using var connection = await connections.OpenAsync(row, ConsoleKind.Port, ViewerRole.Control, caller, http);
        await relay.RunAsync(socket, guest, connection, row.Host, row.Id, stop.Token);
    }

    private static async Task<IResult> RemoteDesktopAsync(
        string machine, int? localPort, WarrenDb db, Caller caller, HostDirectory hosts, HttpContext http, CancellationToken cancellation)
    {
        if (localPort is { } local) CheckPort("localPort", local);
        var (row, _) = await FindAsync(machine, db, caller, hosts, cancellation);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.File(Encoding.UTF8.GetBytes(RemoteDesktopFile.Write(localPort ?? RemoteDesktopFile.UsualPort)), RemoteDesktopFile.ContentType, row.Name + ".rdp");
    }

    private static async Task<GuestConnection> ConnectAsync(IGuestPorts ports, MachineRow row, int port, CancellationToken cancellation)
    {
        try
        {
            return await ports.OpenAsync(row.Id, port, cancellation);
        }
        catch (HypervisorException e)
        {
            // The driver knows machines by their ids only; people know them by name.
            throw e.Kind switch
            {
                HypervisorErrorKind.NotFound => Off(),
                HypervisorErrorKind.Rejected => new RefusedException(Problems.Of("port-closed", 409, "Nobody listens there",
                    string.Create(CultureInfo.InvariantCulture, $"Nobody listens on port {port} of {row.Name}."))),
                HypervisorErrorKind.Unsupported => new RefusedException(Problems.Unsupported(e.Message.Replace(row.Id, row.Name, StringComparison.Ordinal))),
                _ => new HypervisorException(e.Kind, e.Message.Replace(row.Id, row.Name, StringComparison.Ordinal), e),
            };
        }
    }

    private static async Task<(MachineRow Row, IGuestPorts Ports)> FindAsync(string machine, WarrenDb db, Caller caller, HostDirectory hosts, CancellationToken cancellation)
    {
        var row = await MachinesApi.FindAsync(machine, db, caller, cancellation);
        return (row, (await hosts.DriverAsync(row.Host, cancellation)).Ports ?? throw new RefusedException(Problems.Unsupported("This machine's hypervisor opens no ports of guests.")));
    }

    private static void CheckPort(string field, int port)
    {
        if (port is < 1 or > 65535) throw new RefusedException(Problems.Validation(field, "1 to 65535"));
    }

    private static RefusedException Off() => new(Problems.IllegalState("The machine is off; nobody answers on its ports."));
}
