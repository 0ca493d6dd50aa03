using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>record</c> and <c>recordings</c>.</summary>
public sealed class RecordingVerbTests
{
    private static readonly Recording s_one = new()
    {
        Id = "r1", MachineId = "m-web", MachineName = "web", State = RecordingState.Failed, StartedAt = Given.Noon, DurationSeconds = 3723.4, Bytes = 5 << 20,
        Width = 1024, Height = 768, Reason = "the disk is full",
    };

    [Fact]
    public async Task Recordings_are_listed_with_their_length_and_why_they_failed()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/recordings", () => Results.Json(new Page<Recording>([s_one], null), WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("recordings", "list", "web")).ShouldBe(0, shell.Error);
        foreach (var part in new[] { "r1", "web", "failed: the disk is full", "1:02:03", "5 MiB", "1024x768" }) shell.Out.ShouldContain(part);
        server.Of("GET", "/recordings").Single().Query.ShouldStartWith("?machine=web");
        (await shell.RunAsync("recordings")).ShouldBe(0, shell.Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Record_switches_it_on_and_off(bool on)
    {
        var body = "";
        await using var server = await LittleServer.StartAsync(routes => routes.Patch("/machines/web", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            body = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            return Results.Json(Given.Machine() with { RecordScreen = on }, WarrenJson.Options);
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync(["record", "web", .. on ? Array.Empty<string>() : ["--off"]])).ShouldBe(0, shell.Error);
        JsonSerializer.Deserialize<EditMachineRequest>(body, WarrenJson.Options)!.RecordScreen.ShouldBe(on);
        shell.Out.ShouldBe(on ? "web: its screen is recorded while it is on\n" : "web: its screen is not recorded\n");
    }

    [Fact]
    public async Task A_video_becomes_a_file_of_the_kind_that_its_name_says()
    {
        var folder = Directory.CreateTempSubdirectory("warren-cli-").FullName;
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/recordings/r1/export", () => Results.Bytes("a video"u8.ToArray(), "video/webm")));
        using var shell = new Shell(server.Url);
        var file = Path.Combine(folder, "boot.webm");
        (await shell.RunAsync("recordings", "export", "r1", file, "--speed", "2.5")).ShouldBe(0, shell.Error);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe("a video");
        server.Of("GET", "/recordings/r1/export").Single().Query.ShouldBe("?format=webm&speed=2.5");
        (await shell.RunAsync("recordings", "export", "r1", Path.Combine(folder, "boot.gif"))).ShouldNotBe(0);
        shell.Error.ShouldContain("must end in .mp4 or .webm");
        Directory.GetFiles(folder).ShouldHaveSingleItem();
        Directory.Delete(folder, recursive: true);
    }
}
