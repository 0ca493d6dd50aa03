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
/// both ends, so every conversation begins with <c>guest-sync-delimited</c>: what an earlier caller left unread is
/// skipped up to the 0xFF byte and the random number of this one. One caller per machine at a time.
/// </summary>
internal sealed class GuestAgent(string machinesFolder, TimeProvider clock) : IAgentLine
{
    /// <summary>The agent caps captured output at 16 MiB, which base64 makes 22.</summary>
    private const int LongestAnswer = 32 << 20;

    private const byte Delimiter = 0xFF;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<JsonNode?> AskAsync(
        string machineId, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation) =>
        ConverseAsync(new MachineFolder(machinesFolder, machineId), command, arguments, wantsAnswer: true, limit, cancellation);

    /// <summary>Sends a command that has no answer when it succeeds, once the agent has shown that it listens.</summary>
    internal Task TellAsync(
        MachineFolder folder, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation) =>
        ConverseAsync(folder, command, arguments, wantsAnswer: false, limit, cancellation);

    private async Task<JsonNode?> ConverseAsync(
        MachineFolder folder, string command, JsonObject? arguments, bool wantsAnswer, TimeSpan limit, CancellationToken cancellation)
    {
        if (MachineProcess.Find(folder) is null)
            throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {folder.Id} does not run");
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        var gate = _gates.GetOrAdd(folder.Id, _ => new SemaphoreSlim(1));
        var entered = false;
        try
        {
            await gate.WaitAsync(either.Token);
            entered = true;
            using var lines = new JsonLines(await UnixSockets.ConnectAsync(folder.AgentSocket, clock, either.Token), LongestAnswer);
            await SynchroniseAsync(lines, either.Token);
            await SendAsync(lines, command, arguments, either.Token);
            return wantsAnswer ? Unwrap(await lines.ReadAsync(either.Token)) : null;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the agent in machine {folder.Id} does not answer", e);
        }
        finally
        {
            if (entered) gate.Release();
        }
    }

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
}
