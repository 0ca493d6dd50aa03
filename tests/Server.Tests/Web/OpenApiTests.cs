using System.Text.Json.Nodes;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Web;

/// <summary>The description that the web's client is generated from is the one that this server gives.</summary>
public sealed class OpenApiTests
{
    [Fact]
    public async Task The_committed_description_is_the_servers()
    {
        await using var server = await TestServer.StartAsync();
        using var anybody = new HttpClient();
        var served = JsonNode.Parse(await anybody.GetStringAsync(server.Url + "/openapi/v1.json"));
        var committed = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Root(), "src/web/openapi.json")));
        JsonNode.DeepEquals(served, committed).ShouldBeTrue("run 'make openapi' and commit src/web/openapi.json and the client");
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Warren.slnx"))) folder = folder.Parent!;
        return folder.FullName;
    }
}
