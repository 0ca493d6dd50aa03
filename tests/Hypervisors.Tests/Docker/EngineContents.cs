using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;

namespace Hypervisors.Tests.Docker;

/// <summary>What the engine holds beside the images.</summary>
internal static class EngineContents
{
    internal static async Task ShouldBeEmptyAsync(PrivateEngine engine)
    {
        using var client = engine.Client();
        (await NamesAsync(client, "/containers/json?all=1", a => a)).ShouldBeEmpty();
        (await NamesAsync(client, "/volumes", a => a["Volumes"])).ShouldBeEmpty();
    }

    private static async Task<string[]> NamesAsync(EngineClient client, string path, Func<JsonNode, JsonNode?> list)
    {
        var answer = (await client.GetAsync(path, CancellationToken.None)).Require(path);
        return [.. (list(answer) as JsonArray ?? []).Select(i => i!.ToJsonString())];
    }
}
