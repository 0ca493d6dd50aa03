using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;
using Warren.Hypervisors.Commands;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images;

/// <summary>The server as a process of its own, killed with SIGKILL in the middle of a download and of a build.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ImageCrashTests : ImageTestBase
{
    private string Data => At("data");

    private string Build => At("images/steady/build");

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Directory.CreateDirectory(At("images/steady"));
        await File.WriteAllTextAsync(At("images/catalogue.yaml"), "images: []\n");
        await File.WriteAllTextAsync(At("images/steady/recipe.yaml"), "name: steady\ntitle: Steady\narchitecture: amd64\ndefaultUser: root\nminimumMemoryMiB: 128\ndefaultMemoryMiB: 192\nminimumDiskGiB: 1\n");
        await File.WriteAllTextAsync(Build, $$"""
            #!/bin/bash
            echo $$ >> "{{At("pids")}}"
            until [ -e "{{At("go")}}" ]; do read -t 0.1 < <(:) || true; done
            qemu-img create -q -f qcow2 "$1/disk.qcow2" 8M
            """);
        File.SetUnixFileMode(Build, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Runs a server until the work is done, then kills it the hard way.</summary>
    private async Task WithServerAsync(Func<HttpClient, Task> work)
    {
        Directory.CreateDirectory(Data);
        var client = Path.Combine(Data, "client.json");
        File.Delete(client);
        using var kill = new CancellationTokenSource();
        var run = Runner.RunAsync(new Command("dotnet",
        [
            Path.Combine(AppContext.BaseDirectory, "Warren.Server.dll"), "--urls=http://127.0.0.1:0", $"--Data={Data}", "--Hypervisor=fake",
            "--Images:AllowPrivateAddresses=true", "--Images:ReservedFreeBytes=0", "--Images:CheckpointBytes=65536", "--Operations:LeaseSeconds=3", $"--Images:Folder={At("images")}",
        ]) { Timeout = TimeSpan.FromMinutes(5) }, kill.Token);
        try
        {
            await UpAsync(run, client);
            using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(client));
            using var http = new HttpClient { BaseAddress = new Uri(file.RootElement.GetProperty("url").GetString()!.TrimEnd('/') + "/api/v1/") };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", file.RootElement.GetProperty("token").GetString());
            await work(http);
        }
        finally
        {
            await KillServerAsync();
            // Its end is seen first: a cancel would end what it has started, too.
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(30), TimeProvider.System));
            await kill.CancelAsync();
            await run.ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>A process of its own takes longer to start than one in this process, above all on a busy machine.</summary>
    private static async Task UpAsync(Task run, string client)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!File.Exists(client))
        {
            if (run.IsCompleted) throw new InvalidOperationException("The server ended");
            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>Only the server's own process, as a crash would; what it started lives on.</summary>
    private async Task KillServerAsync()
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(f => int.TryParse(Path.GetFileName(f), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                if ((await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"))).Contains($"--Data={Data}\0", StringComparison.Ordinal))
                    await Runner.RequireAsync(new Command("kill", "-9", Path.GetFileName(folder)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or somebody else's.
            }
        }
    }

    private static async Task<Operation> PostAsync(HttpClient http, ImportImageRequest request)
    {
        using var answer = await http.PostAsJsonAsync("images", request, WarrenJson.Options);
        ((int)answer.StatusCode).ShouldBe(202);
        return (await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!;
    }

    private static async Task<Operation> EndAsync(HttpClient http, string id)
    {
        for (var i = 0; i < 10; i++)
            if (await http.GetFromJsonAsync<Operation>($"operations/{id}?wait=10", WarrenJson.Options) is { Ended: true } ended) return ended;
        throw new TimeoutException("the operation did not end");
    }

    [Fact]
    public async Task A_download_goes_on_after_the_server_was_killed()
    {
        await QemuImgAsync("create", "-q", "-f", "qcow2", "-o", "preallocation=full", At("disk"), "4M");
        var content = await File.ReadAllBytesAsync(At("disk"));
        Web.Routes["/disk"] = async c =>
        {
            (c.Response.ContentLength, c.Response.Headers.ETag) = (content.Length, "\"v1\"");
            await c.Response.Body.WriteAsync(content.AsMemory(0, 2_000_000));
            await c.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        var id = "";
        await WithServerAsync(async http =>
        {
            id = (await PostAsync(http, new ImportImageRequest { Name = "a", Url = Web["/disk"].ToString(), Checksum = Hash(content) })).Id;
            var file = Path.Combine(Data, "images", "incoming", id, "image");
            await Eventually.BecomesAsync(() => Task.FromResult(File.Exists(file) && new FileInfo(file).Length >= 1_900_000), "half of it is here");
        });
        Web.Serve("/disk", content);
        Web.Requests.Clear();
        await WithServerAsync(async http =>
        {
            (await EndAsync(http, id)).Status.ShouldBe(OperationStatus.Succeeded);
            int.Parse(Web.Requests.Single().Headers["Range"]["bytes=".Length..^1], CultureInfo.InvariantCulture).ShouldBeInRange(1_000_000, 2_000_000, "from its last checkpoint, which a busy disk writes late");
            (await http.GetFromJsonAsync<Image>("images/a", WarrenJson.Options))!.Sha256.ShouldBe(Hash(content));
            Directory.GetFileSystemEntries(Path.Combine(Data, "images", "incoming")).ShouldBeEmpty();
        });
    }

    [Fact]
    public async Task A_build_starts_over_after_the_server_was_killed_and_the_old_one_is_ended()
    {
        var id = "";
        await WithServerAsync(async http =>
        {
            id = (await PostAsync(http, new ImportImageRequest { Recipe = "steady" })).Id;
            await Eventually.BecomesAsync(() => Task.FromResult(new FileInfo(At("pids")) is { Exists: true, Length: > 0 }), "the build runs");
        });
        // A server that the busy machine keeps waiting for longer than its lease begins anew by itself: there may have been more than one.
        var before = await BuildsAsync();
        before.ShouldContain(build => Lives(build), "the orphan");
        await WithServerAsync(async http =>
        {
            await Eventually.BecomesAsync(
                async () => (await BuildsAsync()).Except(before).Any(Lives), "the second build runs", tell: async () => $"builds {string.Join(' ', await BuildsAsync())}, {await http.GetStringAsync($"operations/{id}")}");
            before.ShouldNotContain(build => Lives(build), "the orphan was ended");
            (await BuildsAsync()).Count(Lives).ShouldBe(1);
            await File.WriteAllTextAsync(At("go"), "");
            (await EndAsync(http, id)).Status.ShouldBe(OperationStatus.Succeeded);
            Directory.GetFileSystemEntries(Path.Combine(Data, "images", "incoming")).ShouldBeEmpty();
        });
    }

    private Task<string[]> BuildsAsync() => File.ReadAllLinesAsync(At("pids"));

    /// <summary>Runs, that is: a process that has ended and that init has not yet collected (Z) does not.</summary>
    private static bool Lives(string processId)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{processId}/stat");
            return status[status.LastIndexOf(')')..].Split(' ')[1] != "Z";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
