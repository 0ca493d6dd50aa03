using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

public sealed class LaunchTests
{
    [Fact]
    public async Task A_launch_shows_progress_and_how_to_connect()
    {
        var asked = 0;
        LaunchRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => Launchable(routes, r => request = r)
            .Get("/operations/{id}", () => Interlocked.Increment(ref asked) == 1
                ? Given.Operation("o1", OperationStatus.Running, 40) with { Message = "copying the image" }
                : Given.Operation("o1", OperationStatus.Succeeded, 100)));
        using var shell = new Shell(server.Url);
        var code = await shell.RunAsync("launch", "tiny", "--name", "web", "--memory", "1.5G", "--forward", "8080:80", "--ttl", "2h", "--data-disk", "5G", "--firmware", "uefi");
        code.ShouldBe(0, shell.Error);
        shell.Out.ShouldStartWith("web is running (debian-12, 1 GiB, 2 CPUs, 10 GiB disk)\n");
        shell.Error.ShouldContain("web:  40% copying the image");
        request!.MemoryMiB.ShouldBe(1536);
        request.Forwards.ShouldBe([new ForwardRequest { HostPort = 8080, GuestPort = 80 }]);
        request.TtlSeconds.ShouldBe(7200);
        request.DataDisks.ShouldBe([new DataDiskSpec { SizeGiB = 5 }]);
        request.Firmware.ShouldBe(MachineFirmware.Uefi);
        request.Keys.ShouldBeEmpty();
    }

    [Fact]
    public async Task Json_is_the_machine_and_nothing_else()
    {
        await using var server = await LittleServer.StartAsync(routes => Launchable(routes).Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--format", "json")).ShouldBe(0);
        JsonSerializer.Deserialize<Machine>(shell.Out, WarrenJson.Options)!.Name.ShouldBe("web");
        shell.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_operation_and_waits_for_its_undoing()
    {
        var polled = new TaskCompletionSource();
        var cancelled = 0;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/machines/{m}", () => LittleServer.Refuse("not-found", 404))
            .Post("/machines", () => Accepted(Given.Operation("o1", OperationStatus.Pending)))
            .Post("/operations/{id}/cancel", () => Accepted(Given.Operation("o1", OperationStatus.Undoing) with { Progress = ++cancelled }))
            .Get("/operations/{id}", async (HttpContext context) =>
            {
                polled.TrySetResult();
                if (cancelled > 0) return Given.Operation("o1", OperationStatus.Cancelled);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
                return Given.Operation("o1", OperationStatus.Running);
            }));
        using var shell = new Shell(server.Url);
        var run = shell.RunAsync("launch", "tiny", "--key", "laptop");
        await polled.Task;
        shell.PressCtrlC();
        (await run).ShouldBe(130);
        cancelled.ShouldBe(1);
        shell.Out.ShouldBeEmpty();
        shell.Error.ShouldEndWith("web: cancelled, what had begun has been undone\n");
        Directory.Exists(Path.Combine(shell.Home, ".config", "warren", "machines", "m-web")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_failed_launch_ends_with_its_problem()
    {
        await using var server = await LittleServer.StartAsync(routes => Launchable(routes).Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Failed, 60) with
        {
            Problem = new Problem("urn:warren:problem:capacity-exhausted", "No capacity", 0, "local has 256 MiB left, 1024 were asked for"),
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--quiet")).ShouldBe(6);
        shell.Error.ShouldBe("warren: local has 256 MiB left, 1024 were asked for\n");
    }

    [Fact]
    public async Task An_image_with_ssh_gets_the_default_key_which_is_made_once()
    {
        var keys = new List<string>();
        var made = 0;
        await using var server = await LittleServer.StartAsync(routes => Launchable(routes, r => keys.AddRange(r.Keys), "ssh")
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100))
            .Get("/keys/{key}", (string key) => made == 0 ? LittleServer.Refuse("not-found", 404) : Results.Json(Given.Key(key), WarrenJson.Options))
            .Post("/keys", (CreateKeyRequest r) => Results.Json(new CreatedKey { Key = Given.Key(r.Name), PrivateKey = "SECRET" + ++made }, WarrenJson.Options, statusCode: 201)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "debian-12")).ShouldBe(0, shell.Error);
        (await shell.RunAsync("launch", "debian-12")).ShouldBe(0, shell.Error);
        made.ShouldBe(1);
        keys.ShouldBe(["default", "default"]);
        var file = Path.Combine(shell.Home, ".config", "warren", "keys", "default");
        (await File.ReadAllTextAsync(file)).ShouldBe("SECRET1\n");
        shell.Error.ShouldContain($"Made the SSH key 'default'; its private part is in {file}.");
        (shell.Out + shell.Error).ShouldNotContain("SECRET");
        (await shell.RunAsync("launch", "debian-12", "--no-key")).ShouldBe(0);
        keys.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Bad_values_never_reach_the_server()
    {
        await using var server = await LittleServer.StartAsync(_ => { });
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "tiny", "--memory", "plenty")).ShouldBe(2);
        (await shell.RunAsync("launch", "tiny", "--firmware", "coreboot")).ShouldBe(2);
        (await shell.RunAsync("launch", "tiny", "--forward", "70000")).ShouldBe(2);
        (await shell.RunAsync("launch")).ShouldBe(2);
        (await shell.RunAsync("launch", "tiny", "--user-data", "/no/such/file")).ShouldBe(2);
        server.Requests.ShouldBeEmpty();
        shell.Error.ShouldContain("warren: --memory: 'plenty' is not a size");
    }

    private static LittleServer.RouteTable Launchable(LittleServer.RouteTable routes, Action<LaunchRequest>? launched = null, params string[] features) => routes
        .Get("/images/{image}", (string image) => Given.Image(image, features))
        .Get("/machines/{m}", () => Given.Machine())
        .Post("/machines", (LaunchRequest request) =>
        {
            launched?.Invoke(request);
            return Accepted(Given.Operation("o1", OperationStatus.Pending));
        });

    private static IResult Accepted(Operation operation) => Results.Json(operation, WarrenJson.Options, statusCode: 202);
}
