using System.Net.WebSockets;

namespace Warren.Cli.Machines;

/// <summary>
/// A terminal on a machine's serial line. The terminal passes every key on, Ctrl-C among them; Ctrl-] ends it. The server
/// keeps the line while the machine moves, so there is nothing to do about that here.
/// </summary>
internal static class SerialConsole
{
    /// <summary>Ctrl-], as telnet has it.</summary>
    private const byte Escape = 0x1d;

    public static async Task<int> RunAsync(Invocation call, string machine, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows() && call.Around.InIsTerminal)
            throw Refusal.Of("unsupported", "No raw terminal", "a serial console needs a terminal that passes on every key, which Windows' does not: pipe input in, or use the browser");
        using var socket = await call.Client.OpenSerialAsync(machine, cancellation);
        call.Screen.Hint(call.Around.InIsTerminal ? $"On the serial line of {machine}. Ctrl-] ends." : $"On the serial line of {machine}.");
        // stty acts on the terminal it has as standard input, which is ours.
        var raw = call.Around.InIsTerminal && ChildProcess.Run("stty", ["raw", "-echo"]) == 0;
        try
        {
            return await CarryAsync(call, socket, cancellation);
        }
        finally
        {
            if (raw) ChildProcess.Run("stty", ["sane"]);
        }
    }

    private static async Task<int> CarryAsync(Invocation call, WebSocket socket, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var down = DownAsync(call, socket, end.Token);
        var up = Task.Run(() => UpAsync(call, socket, end.Token), CancellationToken.None);
        // The end of piped input does not end the console; Ctrl-] does.
        if (await Task.WhenAny(down, up) == up && !await up) await down;
        if (down.IsCompleted)
        {
            await down;
            call.Screen.Hint($"The line has ended: {socket.CloseStatusDescription ?? "the connection broke"}.");
            return socket.CloseStatus is WebSocketCloseStatus.NormalClosure ? ExitCode.Ok : ExitCode.Unreachable;
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", cancellation);
        await end.CancelAsync();
        return ExitCode.Ok;
    }

    private static async Task DownAsync(Invocation call, WebSocket socket, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        await using var screen = call.Around.OpenOut();
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), cancellation) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await screen.WriteAsync(buffer.AsMemory(0, received.Count), cancellation);
                await screen.FlushAsync(cancellation);
            }
        }
        catch (WebSocketException)
        {
            // Told by the missing close status.
        }
    }

    /// <returns>True: the user has ended it.</returns>
    private static async Task<bool> UpAsync(Invocation call, WebSocket socket, CancellationToken cancellation)
    {
        var buffer = new byte[1024];
        await using var keys = call.Around.OpenInBytes();
        try
        {
            while (await keys.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                var escape = call.Around.InIsTerminal ? buffer.AsSpan(0, read).IndexOf(Escape) : -1;
                await socket.SendAsync(buffer.AsMemory(0, escape < 0 ? read : escape), WebSocketMessageType.Binary, endOfMessage: true, cancellation);
                if (escape >= 0) return true;
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The other direction tells.
        }

        return false;
    }
}
