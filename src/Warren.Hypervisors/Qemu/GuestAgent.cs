using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// One request and answer with qemu-guest-agent (docs/interop/qemu-ga-ref). The channel is a serial line that survives
/// both ends, so every connection begins with <c>guest-sync-delimited</c>: what an earlier caller left unread is
/// skipped up to the 0xFF byte and the random number of this one. One caller per machine at a time.
/// </summary>
/// <remarks>
/// While nobody is connected the agent looks ten times a second whether somebody is (qga/channel-posix.c,
/// <c>ga_channel_client_event</c>), and answers with that delay. So a line over which an answer came is kept, where that is wanted, for
/// as long as the machine's QEMU and this process live. QEMU takes one connection at a time: lines belong to the process, not to a driver.
/// </remarks>
internal sealed class GuestAgent(string machinesFolder, bool keepLines, TimeProvider clock) : IAgentLine
{
    private static readonly ConcurrentDictionary<string, AgentLine> s_lines = new(StringComparer.Ordinal);

    /// <summary>The agent caps captured output at 16 MiB, which base64 makes 22.</summary>
    private const int LongestAnswer = 32 << 20;

    private const byte Delimiter = 0xFF;

    private const string Ping = "guest-ping";

    /// <inheritdoc/>
    public Task<JsonNode?> AskAsync(
        string machineId, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation) =>
        ConverseAsync(new MachineFolder(machinesFolder, machineId), command, arguments, wantsAnswer: true, limit, cancellation);

    /// <summary>Sends a command that has no answer when it succeeds, once the agent has shown that it listens.</summary>
    internal Task TellAsync(
        MachineFolder folder, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation) =>
        ConverseAsync(folder, command, arguments, wantsAnswer: false, limit, cancellation);

    /// <summary>
    /// Connects to the agent of a machine that does not run yet, where lines are kept: a guest that goes on with somebody at the other end
    /// does not look for somebody first.
    /// </summary>
    internal async Task OpenAsync(MachineFolder folder, CancellationToken cancellation)
    {
        if (!keepLines) return;
        var line = LineOf(folder);
        // Who asks already is connected, and waits for this machine to run.
        if (!await line.Gate.WaitAsync(TimeSpan.Zero, cancellation)) return;
        try
        {
            line.Close();
            line.Kept = new JsonLines(await UnixSockets.ConnectAsync(folder.AgentSocket, clock, cancellation), LongestAnswer);
        }
        catch (SocketException)
        {
            // Whoever asks tries again.
        }
        finally
        {
            line.Gate.Release();
        }
    }

    /// <summary>Forgets a machine that is gone.</summary>
    internal static void Forget(MachineFolder folder)
    {
        if (s_lines.TryRemove(folder.AgentSocket, out var line)) line.Close();
    }

    private async Task<JsonNode?> ConverseAsync(
        MachineFolder folder, string command, JsonObject? arguments, bool wantsAnswer, TimeSpan limit, CancellationToken cancellation)
    {
        if (MachineProcess.Find(folder) is null)
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {folder.Id} does not run");
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var line = LineOf(folder);
        var (entered, answered) = (false, false);
        try
        {
            await line.Gate.WaitAsync(either.Token);
            entered = true;
            if (line.Kept is { IsQuiet: false }) line.Close();
            line.Kept ??= new JsonLines(await UnixSockets.ConnectAsync(folder.AgentSocket, clock, either.Token), LongestAnswer);
            if (!line.InStep)
            {
                await SynchroniseAsync(line.Kept, either.Token);
                // It has just answered: that was the question.
                if (command == Ping)
                {
                    answered = true;
                    return null;
                }
            }

            await SendAsync(line.Kept, command, arguments, either.Token);
            if (!wantsAnswer) return null;
            var answer = await line.Kept.ReadAsync(either.Token);
            answered = true;
            return Unwrap(answer);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {folder.Id} does not answer", e);
        }
        finally
        {
            if (entered)
            {
                line.InStep = answered && keepLines;
                if (!line.InStep) line.Close();
                line.Gate.Release();
            }
        }
    }

    private static AgentLine LineOf(MachineFolder folder) => s_lines.GetOrAdd(folder.AgentSocket, _ => new AgentLine());

    private static async Task SynchroniseAsync(JsonLines lines, CancellationToken cancellation)
    {
        var number = RandomNumberGenerator.GetInt32(int.MaxValue);
        // A leading 0xFF makes the agent drop a half request that a caller before us may have left.
        await lines.WriteAsync(new[] { Delimiter }, cancellation);
        await SendAsync(lines, "guest-sync-delimited", new JsonObject { ["id"] = number }, cancellation);
        while (true)
        {
            await lines.SkipPastAsync(Delimiter, cancellation);
            var answer = await lines.ReadAsync(cancellation);
            if (answer["return"] is JsonValue value && value.TryGetValue<long>(out var echoed) && echoed == number) return;
        }
    }

    private static Task SendAsync(JsonLines lines, string command, JsonObject? arguments, CancellationToken cancellation)
    {
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null) request["arguments"] = arguments.DeepClone();
        return lines.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancellation);
    }

    private static JsonNode? Unwrap(JsonNode answer)
    {
        if (answer["error"] is { } error)
            throw new GuestAgentRefusal((string?)error["class"] ?? "", (string?)error["desc"] ?? "no reason given");
        return answer["return"];
    }

    private sealed class AgentLine
    {
        /// <summary>One caller at a time, in order.</summary>
        internal SemaphoreSlim Gate { get; } = new(1);

        internal JsonLines? Kept { get; set; }

        /// <summary>The last answer that came over it was that to the last question.</summary>
        internal bool InStep { get; set; }

        internal void Close()
        {
            Kept?.Dispose();
            (Kept, InStep) = (null, false);
        }
    }
}
