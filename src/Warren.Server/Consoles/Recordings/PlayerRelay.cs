using System.Net.WebSockets;

namespace Warren.Server.Consoles.Recordings;

/// <summary>A player at the end of a WebSocket.</summary>
internal static class PlayerRelay
{
    public static async Task RunAsync(WebSocket socket, RecordingReader recording, TimeSpan at, double speed, bool paused, TimeProvider clock, CancellationToken cancellation)
    {
        Player? player = null;
        await using var line = new ScreenSocket(socket, text => player?.Hear(text));
        try
        {
            await ScreenRelay.ServeAsync(socket, line, end =>
            {
                player = new Player(recording, line, clock) { At = at, Speed = speed, Paused = paused };
                return player.RunAsync(end);
            }, () => "the server is going away", clock, cancellation);
        }
        catch (InvalidDataException e)
        {
            await ConsoleSockets.CloseAsync(socket, e.Message, WebSocketCloseStatus.InternalServerError);
        }
    }
}
