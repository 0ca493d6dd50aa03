using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>golden</c>, <c>launch --golden</c> and <c>fork</c>.</summary>
public sealed class GoldenVerbTests
{
    [Fact]
    public async Task Golden_images_are_listed_made_marked_ready_described_and_removed()
    {
        CreateGoldenImageRequest? created = null;
        EditGoldenImageRequest? edited = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/golden-images", () => new Page<GoldenImage>([Golden()]))
            .Get("/golden-images/{g}", () => Golden())
            .Post("/golden-images", (CreateGoldenImageRequest r) =>
            {
                created = r;
                return Accepted("golden.build");
            })
            .Post("/golden-images/{g}/ready", () => Accepted("golden.freeze"))
            .Patch("/golden-images/{g}", (EditGoldenImageRequest r) =>
            {
                edited = r;
                return Results.Json(Golden() with { Version = 3 }, WarrenJson.Options);
            })
            .Delete("/golden-images/{g}", (string g) => g == "busy" ? LittleServer.Refuse("in-use", 409, "'busy@1' is what these came from: machine web") : Accepted("golden.delete"))
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100, "dev@2")));
        using var shell = new Shell(server.Url);
        shell.Variables["NO_COLOR"] = "1";
        (await shell.RunAsync("golden")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("dev@2   warm   ready   local   web       1 GiB    3");

        var script = Path.Combine(shell.Home, "setup.sh");
        await File.WriteAllTextAsync(script, "apt-get install -y make\n");
        (await shell.RunAsync("golden", "create", "dev", "--machine", "web", "--kind", "warm", "--prepare", script, "--by-hand", "--description", "tools")).ShouldBe(0, shell.Error);
        created.ShouldBe(new CreateGoldenImageRequest
        {
            Name = "dev", Machine = "web", Kind = GoldenImageKind.Warm, Prepare = "apt-get install -y make\n", MarkReadyByHand = true, Description = "tools",
        });
        (await shell.RunAsync("golden", "create", "dev", "--machine", "web")).ShouldBe(2, "what it holds must be said");
        (await shell.RunAsync("golden", "create", "dev", "--machine", "web", "--kind", "lukewarm")).ShouldBe(2);
        (await shell.RunAsync("golden", "ready", "dev")).ShouldBe(0, shell.Error);
        (await shell.RunAsync("golden", "edit", "dev", "--description", "")).ShouldBe(0, shell.Error);
        edited.ShouldBe(new EditGoldenImageRequest { Description = "" });
        shell.Error.ShouldContain("dev@3: changed");
        (await shell.RunAsync("golden", "delete", "busy", "dev@2")).ShouldBe(6);
        shell.Error.ShouldContain("machine web");
        server.Of("DELETE", "/golden-images/dev@2").Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_launch_takes_an_image_or_a_golden_image()
    {
        LaunchRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/golden-images/{g}", () => Golden())
            .Get("/images/{image}", (string image) => Given.Image(image))
            .Get("/machines/{m}", () => Given.Machine())
            .Post("/machines", (LaunchRequest r) =>
            {
                request = r;
                return Accepted("machine.launch-golden", "web");
            })
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100)));
        using var shell = new Shell(server.Url) { Input = "echo hello\n" };
        (await shell.RunAsync("launch", "--golden", "dev@2", "--name", "web", "--first-boot", "-")).ShouldBe(0, shell.Error);
        (request!.Image, request.GoldenImage, request.FirstBoot).ShouldBe((null, "dev@2", "echo hello\n"));
        (await shell.RunAsync("launch", "tiny", "--golden", "dev")).ShouldBe(2);
        (await shell.RunAsync("launch", "--name", "web")).ShouldBe(2);
        shell.Error.ShouldContain("name an image, a golden image with --golden");
    }

    [Fact]
    public async Task Forks_are_listed_and_one_that_failed_is_told()
    {
        ForkRequest? request = null;
        Machine[] machines = [Given.Machine()];
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/machines", () => new Page<Machine>(machines))
            .Get("/machines/{m}", () => Given.Machine())
            .Post("/machines/{m}/fork", (ForkRequest r) =>
            {
                request = r;
                machines = [Fork("web-2", MachineState.Failed), Fork("web-1", MachineState.Running), .. machines];
                return Accepted("machine.fork");
            })
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100) with { Message = "1 of 2 made. web-2: no room." }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("fork", "web", "--count", "2", "--key", "k", "--ttl", "2h")).ShouldBe(1);
        request!.ShouldSatisfyAllConditions(r => r.Count.ShouldBe(2), r => r.Keys.ShouldBe(["k"]), r => r.TtlSeconds.ShouldBe(7200), r => r.Name.ShouldBeNull());
        var lines = shell.Out.Split('\n');
        (lines[1].Split(' ')[0], lines[2].Split(' ')[0]).ShouldBe(("web-1", "web-2"));
        shell.Error.ShouldContain("warning: 1 of 2 made. web-2: no room.");
        File.ReadAllLines(Path.Combine(shell.Home, ".config", "warren", "machines", "m-web-1", "keys")).ShouldBe(["k"]);
    }

    private static Machine Fork(string name, MachineState state) => Given.Machine(name, state) with { ForkOf = "m-web", CreatedAt = Given.Noon };

    private static IResult Accepted(string kind, string subject = "dev@2") => Results.Json(Given.Operation("o1", OperationStatus.Pending, subject: subject) with { Kind = kind }, WarrenJson.Options, statusCode: 202);

    private static GoldenImage Golden() => new()
    {
        Id = "g1",
        Name = "dev",
        Version = 2,
        Owner = "owner",
        Project = "default",
        Host = "local",
        MachineId = "m-web",
        Machine = "web",
        Kind = GoldenImageKind.Warm,
        State = GoldenImageState.Ready,
        Image = "debian-12",
        Spec = new MachineSpec { MemoryMiB = 1024, Cpus = 2, DiskGiB = 10 },
        MachinesMade = 3,
        CreatedAt = Given.Noon,
        ReadyAt = Given.Noon,
    };
}
