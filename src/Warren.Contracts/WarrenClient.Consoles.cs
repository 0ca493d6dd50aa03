using System.Net;
using System.Net.WebSockets;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Opens a machine's serial line: binary messages both ways, for as long as the machine is on, wherever it moves.</summary>
    /// <returns>The socket; whoever calls disposes of it.</returns>
    public async Task<WebSocket> OpenSerialAsync(string machine, CancellationToken cancellation = default)
    {
        var socket = new ClientWebSocket();
        if (_http.DefaultRequestHeaders.Authorization is { } token) socket.Options.SetRequestHeader("Authorization", token.ToString());
        if (Server.IsLoopback) socket.Options.Proxy = null;
        socket.Options.CollectHttpResponseDetails = true;
        var address = new UriBuilder(new Uri(Server, $"{Root}/machines/{Segment(machine)}/serial")) { Scheme = Server.Scheme == "https" ? "wss" : "ws" };
        try
        {
            await socket.ConnectAsync(address.Uri, cancellation);
            return socket;
        }
        catch (WebSocketException e)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            if (status == default) throw new WarrenUnreachableException(Server, Lower((e.InnerException ?? e).Message), e);
            throw status switch
            {
                HttpStatusCode.Unauthorized => Refused("unauthenticated", 401, "no valid token"),
                HttpStatusCode.NotFound => Refused("not-found", 404, $"there is no machine '{machine}'"),
                HttpStatusCode.Conflict => Refused("illegal-state", 409, $"'{machine}' is off; its serial line is dead"),
                HttpStatusCode.UnprocessableEntity => Refused("unsupported", 422, $"the hypervisor of '{machine}' has no serial line"),
                _ => Refused("internal", (int)status, $"the server answered {(int)status} to a WebSocket"),
            };
        }
    }

    private static WarrenException Refused(string kind, int status, string detail) => new(new Problem("urn:warren:problem:" + kind, "No serial line", status, detail));
}
