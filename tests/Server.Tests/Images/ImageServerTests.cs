using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Images;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

/// <summary>Tests of images over real HTTP: a server whose downloads may reach 127.0.0.1 and nothing else that is private, and a web server there.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public abstract class ImageServerTests : ImageTestBase
{
    private TestServer? server;

    private TestServer? asked;

    internal TestServer Server => asked ?? server!;

    protected string Outside => Directory.CreateDirectory(At("outside")).FullName;

    protected string Allowed => Directory.CreateDirectory(At("allowed")).FullName;

    protected virtual string[] Settings =>
    [
        "Images:AllowedHosts:0=127.0.0.1", "Images:ReservedFreeBytes=0", "Images:MinimumIsoBytes=40960", "Images:RetryDelay=00:00:00.010",
        "Images:StallTimeout=00:00:20", "Images:CheckpointBytes=65536", $"Images:AllowedFolders:0={Allowed}", $"Images:Folder={At("images")}", $"Images:KeyFolder={At("keys")}",
    ];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Directory.CreateDirectory(At("keys"));
        Directory.CreateDirectory(At("images"));
        await WriteImagesFolderAsync();
        server = await TestServer.StartAsync(settings: Settings);
    }

    public override async ValueTask DisposeAsync()
    {
        await server!.DisposeAsync();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Catalogue and recipes of this test.</summary>
    protected virtual Task WriteImagesFolderAsync() => File.WriteAllTextAsync(At("images/catalogue.yaml"), "images: []\n");

    /// <summary>Asks another server from here on; the caller ends it.</summary>
    private protected void Use(TestServer other) => asked = other;

    protected async Task<byte[]> Qcow2Async(params string[] more)
    {
        var file = At($"{Guid.NewGuid():N}.qcow2");
        await QemuImgAsync(["create", "-q", "-f", "qcow2", .. more, file, "8M"]);
        return await File.ReadAllBytesAsync(file);
    }

    internal async Task<Operation> ImportAsync(ImportImageRequest request) => await Server.EndAsync(await Server.PostAsync("images", request));

    internal async Task<(int Status, Problem Problem)> RefusedAsync(object request, string path = "images")
    {
        using var answer = await Server.Client.PostAsJsonAsync(path, request, WarrenJson.Options);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!);
    }

    internal async Task<Image?> ImageAsync(string name)
    {
        using var answer = await Server.Client.GetAsync($"images/{name}");
        return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<Image>(WarrenJson.Options) : null;
    }

    /// <summary>Files of the store: contents, and whatever is on its way in.</summary>
    internal (string[] Contents, string[] Incoming) Files()
    {
        var store = Server.Get<ImageStore>();
        return ([.. store.List()], Directory.GetFileSystemEntries(Path.Combine(store.Root, "incoming")));
    }

    internal static string Type(Operation operation) => operation.Problem!.Type.Split(':')[^1];
}
