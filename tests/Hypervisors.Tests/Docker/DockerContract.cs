using System.Text.Json.Nodes;
using Hypervisors.Tests.Contract;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Docker;
using Warren.Hypervisors.Docker.Engine;

namespace Hypervisors.Tests.Docker;

/// <summary>The contract on a real dockerd.</summary>
[Collection("docker")]
public sealed partial class DockerContract(PrivateEngine engine) : HypervisorContract
{
    private BootMedium _image = null!;

    protected override BootMedium Image => _image;

    private DockerOptions Options => engine.Options();

    protected override IHypervisor NewDriver() => new DockerHypervisor(Options, TimeProvider.System);

    protected override IHypervisor NewUnreachableDriver() =>
        new DockerHypervisor(Options with { Endpoint = new Uri(Options.Endpoint + ".none") }, TimeProvider.System);

    public override async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(engine.Absent is not null, engine.Absent ?? "");
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        await base.InitializeAsync();
    }

    protected override void NothingIsLeft() => EngineContents.ShouldBeEmptyAsync(engine).GetAwaiter().GetResult();
}

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
