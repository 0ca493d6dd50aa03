using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;
using WebSocketStream = Warren.Hypervisors.Docker.Consoles.WebSocketStream;

namespace Warren.Hypervisors.Proxmox.Consoles;

/// <summary>
/// The screen as the server's own web page gets it: <c>vncproxy</c> opens it for one viewer, <c>vncwebsocket</c> carries it
/// (api-viewer). Its RFB asks for a password that holds for this viewer alone; we give it and the viewer needs none.
/// </summary>
internal sealed class ProxmoxScreen(ProxmoxClient client, MachineFinder finder, ProxmoxOptions options, TimeProvider clock) : IScreen
{
    /// <inheritdoc/>
    public async Task<Stream> OpenRfbAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var (machine, _) = await finder.RequireRunningAsync(machineId, cancellation);
        var proxy = Fields.Object(await client.ChangeAsync(HttpMethod.Post, machine.Path("vncproxy"),
            new Form().With("websocket", true).With("generate-password", true), cancellation), "vncproxy");
        if (Fields.Small(proxy, "port") is not (>= 5900 and <= 5999 and var port) || Fields.Text(proxy, "ticket") is not { Length: > 0 and <= 512 } ticket) throw Fields.Bad("vncproxy");
        var query = new Form().With("port", port).With("vncticket", ticket).Query();
        var target = new UriBuilder(new Uri(options.Address, "/api2/json" + machine.Path("vncwebsocket"))) { Scheme = "wss", Query = query }.Uri;
        using var timeout = new CancellationTokenSource(options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var socket = new ClientWebSocket();
        try
        {
            using var login = await client.LoginAsync(either.Token);
            foreach (var header in login.Headers) socket.Options.SetRequestHeader(header.Key, string.Join(", ", header.Value));
            socket.Options.AddSubProtocol("binary");
            await socket.ConnectAsync(target, client.Sockets, either.Token);
            var stream = new WebSocketStream(socket);
            // Tickets of old versions are the password themselves.
            await RfbGreeting.LogInAsync(stream, Fields.Text(proxy, "password") ?? ticket, either.Token);
            return new UnlockedRfbStream(stream);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, string.Create(CultureInfo.InvariantCulture, $"the screen of machine {machine.Vmid} does not answer: {e.Message}"), e);
        }
        catch (HypervisorException)
        {
            socket.Dispose();
            throw;
        }
    }
}
