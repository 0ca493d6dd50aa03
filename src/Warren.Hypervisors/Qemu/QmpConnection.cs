using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// One conversation in the QEMU Machine Protocol (docs/interop/qmp-spec): JSON lines, a greeting, then
/// <c>qmp_capabilities</c>. Opened for a call and closed after it: QEMU serves one client at a time, and nobody is kept
/// waiting by an idle one.
/// </summary>
internal sealed class QmpConnection : IDisposable
{
    private readonly JsonLines _lines;

    private QmpConnection(JsonLines lines) => _lines = lines;

    /// <summary>Connects and negotiates.</summary>
    /// <exception cref="HypervisorException">Unreachable when QEMU does not answer within <paramref name="limit"/>.</exception>
    internal static async Task<QmpConnection> OpenAsync(
        string socketPath, TimeSpan limit, TimeProvider clock, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        JsonLines? lines = null;
        try
        {
            lines = new JsonLines(await UnixSockets.ConnectAsync(socketPath, clock, either.Token));
            await lines.ReadAsync(either.Token);
            var connection = new QmpConnection(lines);
            await connection.ConverseAsync("qmp_capabilities", null, either.Token);
            return connection;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or JsonException)
        {
            lines?.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw Silent(e);
        }
        catch
        {
            lines?.Dispose();
            throw;
        }
    }

    /// <summary>Gives one command and returns its answer.</summary>
    /// <exception cref="HypervisorException">Rejected with QEMU's words; Unreachable when it stays silent.</exception>
    internal async Task<JsonNode?> CommandAsync(
        string name, JsonObject? arguments, TimeSpan limit, TimeProvider clock, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return await ConverseAsync(name, arguments, either.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw Silent(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private async Task<JsonNode?> ConverseAsync(string name, JsonObject? arguments, CancellationToken cancellation)
    {
        var request = new JsonObject { ["execute"] = name };
        if (arguments is not null) request["arguments"] = arguments.DeepClone();
        await _lines.WriteAsync(Encoding.UTF8.GetBytes(request.ToJsonString() + "\n"), cancellation);
        while (true)
        {
            var answer = await _lines.ReadAsync(cancellation);
            if (answer["error"] is { } error)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"QEMU refused {name}: {error["desc"]}");
            // Events come in between and mean nothing here.
            if (answer.AsObject().TryGetPropertyValue("return", out var value)) return value;
        }
    }

    private static HypervisorException Silent(Exception cause) =>
        new(HypervisorErrorKind.Unreachable, "QEMU's control socket does not answer", cause);
}
