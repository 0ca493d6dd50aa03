using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Guests;

/// <summary>The agent said no: QEMU's error class and words.</summary>
internal sealed class GuestAgentRefusal(string errorClass, string description) : Exception(description)
{
    /// <summary>The class in QEMU's error object, such as <c>CommandNotFound</c>.</summary>
    internal string ErrorClass { get; } = errorClass;
}

/// <summary>A way to put questions to the qemu-guest-agent of a machine.</summary>
internal interface IAgentLine
{
    /// <summary>Sends a command (docs/interop/qemu-ga-ref) and returns what stands under <c>return</c>.</summary>
    /// <exception cref="HypervisorException">NotFound when the machine does not run, Unreachable when the agent is silent.</exception>
    /// <exception cref="GuestAgentRefusal">The agent answered with an error.</exception>
    Task<JsonNode?> AskAsync(string machineId, string command, JsonObject? arguments, TimeSpan limit, CancellationToken cancellation);
}

/// <summary>Programs and files in the guest through its agent.</summary>
internal sealed class AgentGuest(IAgentLine agent, TimeProvider clock) : IGuest
{
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes per read and write; base64 of it stays well inside what the agent's serial line takes at once.</summary>
    private const int Chunk = 48 * 1024;

    /// <inheritdoc/>
    public async Task<bool> PingAsync(string machineId, CancellationToken cancellation)
    {
        try
        {
            await agent.AskAsync(machineId, "guest-ping", null, PingLimit, cancellation);
            return true;
        }
        catch (Exception e) when (e is HypervisorException { Kind: HypervisorErrorKind.Unreachable or HypervisorErrorKind.NotFound } or GuestAgentRefusal)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<GuestExecResult> ExecAsync(string machineId, GuestExec exec, CancellationToken cancellation)
    {
        var request = new JsonObject
        {
            ["path"] = exec.Path,
            ["arg"] = new JsonArray([.. exec.Arguments.Select(a => (JsonNode)a)]),
            ["capture-output"] = true,
        };
        if (exec.Input is { } input) request["input-data"] = Convert.ToBase64String(input);
        var began = clock.GetTimestamp();
        var started = await AskAsync(machineId, "guest-exec", request, cancellation);
        var pid = (long)started!["pid"]!;
        var pause = TimeSpan.FromMilliseconds(10);
        while (true)
        {
            var status = await AskAsync(machineId, "guest-exec-status", new JsonObject { ["pid"] = pid }, cancellation);
            if ((bool)status!["exited"]!) return Result(status);
            if (clock.GetElapsedTime(began) > exec.Timeout)
            {
                throw new HypervisorException(HypervisorErrorKind.Unreachable,
                    $"{exec.Path} did not end in the guest within {exec.Timeout.TotalSeconds:0.#} s; it still runs there as process {pid}");
            }

            await Task.Delay(pause, clock, cancellation);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    /// <summary>The guest's clock.</summary>
    internal async Task<DateTimeOffset> TimeAsync(string machineId, CancellationToken cancellation) =>
        DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds((long)(await AskAsync(machineId, "guest-get-time", [], cancellation))! / 1000);

    /// <summary>Sets the guest's clock.</summary>
    /// <returns>False when the agent does not do that here.</returns>
    internal async Task<bool> SetTimeAsync(string machineId, DateTimeOffset time, CancellationToken cancellation)
    {
        try
        {
            var nanoseconds = (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            await agent.AskAsync(machineId, "guest-set-time", new JsonObject { ["time"] = nanoseconds }, AnswerLimit, cancellation);
            return true;
        }
        catch (GuestAgentRefusal)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadFileAsync(string machineId, string path, int limit, CancellationToken cancellation)
    {
        if (await OpenAsync(machineId, path, "r", cancellation) is not { } handle) return null;
        using var content = new MemoryStream();
        try
        {
            while (content.Length < limit)
            {
                var part = await AskAsync(machineId, "guest-file-read",
                    new JsonObject { ["handle"] = handle, ["count"] = (int)Math.Min(Chunk, limit - content.Length) }, cancellation);
                content.Write(Convert.FromBase64String((string?)part!["buf-b64"] ?? ""));
                if ((bool)part["eof"]! || (long)part["count"]! == 0) break;
            }
        }
        finally
        {
            await CloseAsync(machineId, handle);
        }

        return content.ToArray();
    }

    /// <inheritdoc/>
    public async Task WriteFileAsync(string machineId, string path, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        var handle = await OpenAsync(machineId, path, "w", cancellation)
            ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"{path} cannot be written: its folder does not exist in the guest");
        try
        {
            while (content.Length > 0)
            {
                var part = content[..Math.Min(Chunk, content.Length)];
                var written = await AskAsync(machineId, "guest-file-write",
                    new JsonObject { ["handle"] = handle, ["buf-b64"] = Convert.ToBase64String(part.Span) }, cancellation);
                content = content[(int)written!["count"]!..];
            }

            await AskAsync(machineId, "guest-file-flush", new JsonObject { ["handle"] = handle }, cancellation);
        }
        finally
        {
            await CloseAsync(machineId, handle);
        }
    }

    /// <inheritdoc/>
    public Task AddAuthorizedKeysAsync(
        string machineId, string user, IReadOnlyList<string> publicKeys, CancellationToken cancellation) =>
        new AgentKeys(this, (command, arguments) => agent.AskAsync(machineId, command, arguments, AnswerLimit, cancellation))
            .AddAsync(machineId, user, publicKeys, cancellation);

    private async Task<long?> OpenAsync(string machineId, string path, string mode, CancellationToken cancellation)
    {
        try
        {
            var handle = await agent.AskAsync(machineId, "guest-file-open",
                new JsonObject { ["path"] = path, ["mode"] = mode }, AnswerLimit, cancellation);
            return (long)handle!;
        }
        catch (GuestAgentRefusal e) when (e.Message.Contains("No such file or directory", StringComparison.Ordinal))
        {
            return null;
        }
        catch (GuestAgentRefusal e)
        {
            throw Refused("guest-file-open", e);
        }
    }

    private async Task CloseAsync(string machineId, long handle)
    {
        try
        {
            // Also when the caller gave up: the agent keeps handles until it is told.
            await AskAsync(machineId, "guest-file-close", new JsonObject { ["handle"] = handle }, CancellationToken.None);
        }
        catch (HypervisorException)
        {
            // The agent is gone and its handles with it.
        }
    }

    private async Task<JsonNode?> AskAsync(string machineId, string command, JsonObject arguments, CancellationToken cancellation)
    {
        try
        {
            return await agent.AskAsync(machineId, command, arguments, AnswerLimit, cancellation);
        }
        catch (GuestAgentRefusal e)
        {
            throw Refused(command, e);
        }
    }

    private static GuestExecResult Result(JsonNode status) => new(
        // A program ended by a signal has no exit code; shells report 128 + signal.
        (int?)status["exitcode"] ?? 128 + ((int?)status["signal"] ?? 0),
        Convert.FromBase64String((string?)status["out-data"] ?? ""),
        Convert.FromBase64String((string?)status["err-data"] ?? ""),
        (bool?)status["out-truncated"] == true || (bool?)status["err-truncated"] == true);

    private static HypervisorException Refused(string command, GuestAgentRefusal refusal) =>
        new(refusal.ErrorClass == "CommandNotFound" ? HypervisorErrorKind.Unsupported : HypervisorErrorKind.Rejected,
            $"the agent in the guest refused {command}: {refusal.Message}", refusal);
}
