using System.Net.WebSockets;

namespace Warren.Cli.Machines;

/// <summary>
/// A terminal on a machine's serial line. The terminal passes every key on, Ctrl-C among them; Ctrl-] ends it. The server
/// keeps the line while the machine moves or restarts; when the server itself restarts, this connects again and goes on at
/// the byte where it was. What is typed meanwhile waits.
/// </summary>
internal static class SerialConsole
{
    /// <summary>Ctrl-], as telnet has it.</summary>
    private const byte Escape = 0x1d;

    public static async Task<int> RunAsync(Invocation call, string machine, bool viewOnly, CancellationToken cancellation)
    {
        if (OperatingSystem.IsWindows() && call.Around.InIsTerminal)
            throw Refusal.Of("unsupported", "No raw terminal", "a serial console needs a terminal that passes on every key, which Windows' does not: pipe input in, or use the browser");
        using var line = await SerialCall.OpenAsync(call, machine, viewOnly, cancellation);
        call.Screen.Hint(call.Around.InIsTerminal ? $"On the serial line of {machine}{(viewOnly ? ", looking only" : "")}. Ctrl-] ends." : $"On the serial line of {machine}.");
        // stty acts on the terminal it has as standard input, which is ours.
        var raw = call.Around.InIsTerminal && ChildProcess.Run("stty", ["raw", "-echo"]) == 0;
        try
        {
            return await CarryAsync(call, line, cancellation);
        }
        finally
        {
            if (raw) ChildProcess.Run("stty", ["sane"]);
        }
    }

    private static async Task<int> CarryAsync(Invocation call, SerialCall line, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var down = DownAsync(call, line, end.Token);
        var up = Task.Run(() => UpAsync(call, line, end.Token), CancellationToken.None);
        // The end of piped input does not end the console; Ctrl-] does.
        if (await Task.WhenAny(down, up) == up && !await up) await down;
        if (down.IsCompleted)
        {
            await down;
            call.Screen.Hint($"The line has ended: {line.Why}.");
            return line.Status is WebSocketCloseStatus.NormalClosure ? ExitCode.Ok : ExitCode.Unreachable;
        }

        await line.LeaveAsync(cancellation);
        await end.CancelAsync();
        return ExitCode.Ok;
    }

    private static async Task DownAsync(Invocation call, SerialCall line, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        await using var screen = call.Around.OpenOut();
        while (await line.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            await screen.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await screen.FlushAsync(cancellation);
        }
    }

    /// <returns>True: the user has ended it.</returns>
    private static async Task<bool> UpAsync(Invocation call, SerialCall line, CancellationToken cancellation)
    {
        var buffer = new byte[1024];
        await using var keys = call.Around.OpenInBytes();
        try
        {
            while (await keys.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                var escape = call.Around.InIsTerminal ? buffer.AsSpan(0, read).IndexOf(Escape) : -1;
                var typing = line.WriteAsync(buffer.AsMemory(0, escape < 0 ? read : escape), cancellation);
                if (escape >= 0) return true;
                await typing;
            }
        }
        catch (OperationCanceledException)
        {
            // The other direction tells.
        }

        return false;
    }
}
