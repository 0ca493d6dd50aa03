using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker;

/// <summary>The engine's stream of events (GET /events), of our containers only.</summary>
internal sealed class DockerChanges(EngineClient engine, MachineMarks marks) : IChanges
{
    private static readonly string[] s_changes = ["create", "start", "die", "pause", "unpause", "destroy", "oom", "update"];

    /// <inheritdoc/>
    public async IAsyncEnumerable<string> WatchAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        var filters = Request.Filters(("type", ["container"]), ("event", s_changes), ("label", marks.Filter));
        await using var stream = await engine.OpenAsync(new Request(HttpMethod.Get, $"/events?filters={filters}"), cancellation);
        using var reader = new StreamReader(stream);
        while (true)
        {
            if (await NextAsync(reader, cancellation) is { } id) yield return id;
        }
    }

    private async Task<string?> NextAsync(StreamReader reader, CancellationToken cancellation)
    {
        try
        {
            var line = await reader.ReadLineAsync(cancellation) ?? throw new IOException("the engine closed the stream of events");
            return line.Length == 0 ? null : marks.MachineOf(JsonNode.Parse(line)?["Actor"]?["Attributes"]);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException or InvalidOperationException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the engine's events ended: {e.Message}", e);
        }
    }
}
