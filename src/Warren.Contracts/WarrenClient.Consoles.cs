using System.Globalization;
using System.Net;
using System.Net.WebSockets;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Opens a machine's serial line: binary messages both ways, for as long as the machine is on, wherever it moves.</summary>
    /// <returns>The socket; whoever calls disposes of it.</returns>
    public Task<WebSocket> OpenSerialAsync(string machine, CancellationToken cancellation = default) =>
        OpenSocketAsync(machine, "serial", "", "its serial line is dead", "has no serial line", null, cancellation);

    /// <summary>The WebSocket subprotocol of serial terminals that want to be told places (<see cref="SerialPlace"/>).</summary>
    public const string SerialProtocol = "warren.serial";

    /// <summary>Opens a machine's serial line for a terminal that knows where it is: text messages between the bytes are <see cref="SerialPlace"/>.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="from">Where the terminal was; null: it is new.</param>
    /// <param name="tail">Bytes of the log that come first where it is new.</param>
    /// <param name="viewOnly">What is typed is dropped by the server.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <returns>The socket; whoever calls disposes of it.</returns>
    public Task<WebSocket> OpenSerialAsync(string machine, SerialPlace? from, int tail = 0, bool viewOnly = false, CancellationToken cancellation = default)
    {
        var place = from is null ? "" : string.Create(CultureInfo.InvariantCulture, $"&from={from.At}&log={Uri.EscapeDataString(from.Log)}");
        return OpenSocketAsync(machine, "serial", string.Create(CultureInfo.InvariantCulture, $"?tail={tail}{place}{(viewOnly ? "&viewOnly=true" : "")}"),
            "its serial line is dead", "has no serial line", SerialProtocol, cancellation);
    }

    /// <summary>Opens a machine's screen: RFB (RFC 6143) in binary messages.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="viewOnly">Keys, pointer and clipboard of this viewer are dropped by the server.</param>
    /// <param name="cancellation">Cancels.</param>
    /// <returns>The socket; whoever calls disposes of it.</returns>
    public Task<WebSocket> OpenScreenAsync(string machine, bool viewOnly = false, CancellationToken cancellation = default) =>
        OpenSocketAsync(machine, "screen", viewOnly ? "?viewOnly=true" : "", "it has no screen", "shows no screen", null, cancellation);

    private async Task<WebSocket> OpenSocketAsync(string machine, string what, string query, string off, string unsupported, string? protocol, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        if (protocol is not null) socket.Options.AddSubProtocol(protocol);
        if (_http.DefaultRequestHeaders.Authorization is { } token) socket.Options.SetRequestHeader("Authorization", token.ToString());
        if (Server.IsLoopback) socket.Options.Proxy = null;
        socket.Options.CollectHttpResponseDetails = true;
        var address = new UriBuilder(new Uri(Server, $"{Root}/machines/{Segment(machine)}/{what}{query}")) { Scheme = Server.Scheme == "https" ? "wss" : "ws" };
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
                HttpStatusCode.Conflict => Refused("illegal-state", 409, $"'{machine}' is off; {off}"),
                HttpStatusCode.UnprocessableEntity => Refused("unsupported", 422, $"the hypervisor of '{machine}' {unsupported}"),
                _ => Refused("internal", (int)status, $"the server answered {(int)status} to a WebSocket"),
            };
        }
    }

    private static WarrenException Refused(string kind, int status, string detail) => new(new Problem("urn:warren:problem:" + kind, "No console", status, detail));
}
