using System.Net.WebSockets;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles;

/// <summary>Somebody who looks, at the end of a WebSocket: at a machine's screen, or at a recording of it.</summary>
internal static class ScreenRelay
{
    /// <summary>Serves a viewer of a machine's screen until it leaves, is sent away, or the screen ends.</summary>
    /// <param name="socket">Its WebSocket.</param>
    /// <param name="hub">The screen.</param>
    /// <param name="visitor">Who it is.</param>
    /// <param name="wants">What it wants to do.</param>
    /// <param name="connection">What is written down of it.</param>
    /// <param name="greeted">Called when it has answered to all that it was sent until then.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="cancellation">The request's or the server's end.</param>
    public static async Task RunAsync(
        WebSocket socket, ScreenHub hub, Visitor visitor, ViewerRole wants, OpenConnection connection, Action greeted, TimeProvider clock, CancellationToken cancellation)
    {
        Viewer? viewer = null;
        await using var line = new ScreenSocket(socket, text => viewer?.Hear(text));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, hub.Ended, connection.SentAway);
        await ServeAsync(socket, line, end =>
        {
            viewer = new Viewer(hub, line, visitor, wants, clock, line.Talks ? (news, c) => line.TellAsync(news, c) : null) { Greeted = greeted };
            connection.Tells(() => (line.Sent, line.Received, viewer.Role));
            return viewer.RunAsync(end);
        }, Why, clock, either.Token);

        string Why() => cancellation.IsCancellationRequested ? "the server is going away" : connection.SentAway.IsCancellationRequested ? "the link is over" : "the machine is gone";
    }

    /// <summary>Serves whoever is at the end of a WebSocket, and sees to it that an end is told.</summary>
    /// <param name="socket">The WebSocket.</param>
    /// <param name="line">Its RFB.</param>
    /// <param name="serve">Serves it until it leaves or breaks the protocol.</param>
    /// <param name="why">Why it is ended when <paramref name="stop"/> says so.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task ServeAsync(WebSocket socket, ScreenSocket line, Func<CancellationToken, Task> serve, Func<string> why, TimeProvider clock, CancellationToken stop)
    {
        using var end = new CancellationTokenSource();
        try
        {
            var serving = serve(end.Token);
            await Task.WhenAny(serving, Task.Delay(Timeout.InfiniteTimeSpan, clock, stop));
            if (!serving.IsCompleted) await line.CloseAsync(why(), WebSocketCloseStatus.EndpointUnavailable);
            await Task.WhenAny(serving, Task.Delay(ConsoleSockets.Farewell, clock, CancellationToken.None));
            await end.CancelAsync();
            await serving;
            await ConsoleSockets.CloseAsync(socket, "bye");
        }
        catch (RfbException e)
        {
            await ConsoleSockets.CloseAsync(socket, e.Message, WebSocketCloseStatus.ProtocolError);
        }
        catch (Exception e) when (e is IOException or WebSocketException or TimeoutException or OperationCanceledException or NotSupportedException or HypervisorException)
        {
            // It went without a word.
            socket.Abort();
        }
    }
}
