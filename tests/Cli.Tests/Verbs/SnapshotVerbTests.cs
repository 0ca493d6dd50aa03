using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>snapshots</c>.</summary>
public sealed class SnapshotVerbTests
{
    [Fact]
    public async Task A_list_is_drawn_as_a_tree_with_the_place_of_the_machine()
    {
        await using var server = await ListingAsync(
            Of("clean") with { Description = "as\ninstalled" }, Of("work", "clean", memory: true), Of("half", "work"), Of("half-2", "half"), Of("done", "work"),
            Of("other", "clean") with { Current = true }, Of("next", "other") with { State = SnapshotState.Creating });
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "list", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            NAME           AGE   KEEPS              STATUS         DESCRIPTION
            clean          3d    disks              ready          as installed
            ├ work         3d    disks and memory   ready          -
            │ ├ half       3d    disks              ready          -
            │ │ └ half-2   3d    disks              ready          -
            │ └ done       3d    disks              ready          -
            └ other        3d    disks              you are here   -
              └ next       3d    disks              creating       -

            """);
    }

    [Fact]
    public async Task What_hangs_on_nothing_or_in_a_ring_is_listed_once_all_the_same()
    {
        await using var server = await ListingAsync(Of("b", "gone"), Of("x", "y"), Of("y", "x"), Of("self", "self"), Of("c", "b"));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshot", "ls", "web")).ShouldBe(0, shell.Error);
        shell.Out.Split('\n')[1..^1].Select(line => line[..7].TrimEnd()).ShouldBe(["b", "└ c", "x", "└ y", "self"]);
        shell.Error.ShouldBe("The machine stands on none of them.\n");
        (await shell.RunAsync("snapshots", "list", "web", "--format", "json")).ShouldBe(0, shell.Error);
        var json = shell.Out[shell.Out.IndexOf('{', StringComparison.Ordinal)..];
        JsonSerializer.Deserialize<Page<Snapshot>>(json, WarrenJson.Options)!.Items.Select(s => s.Name).ShouldBe(["b", "c", "x", "y", "self"]);
    }

    [Fact]
    public async Task A_machine_without_snapshots_is_told_how_to_get_one()
    {
        await using var server = await ListingAsync();
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "list", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBeEmpty();
        shell.Error.ShouldBe("No snapshots. Take one: warren snapshots create web\n");
    }

    [Fact]
    public async Task Taking_one_tells_its_name_even_where_the_server_chose_it()
    {
        var asked = new List<TakeSnapshotRequest>();
        await using var server = await LittleServer.StartAsync(routes => Ending(routes)
            .Post("/machines/web/snapshots", (TakeSnapshotRequest request) =>
            {
                asked.Add(request);
                return Accepted();
            })
            .Get("/machines/m-web/snapshots", () => new Page<Snapshot>([Of("good", memory: true), Of("20260301-120000", "good") with { Current = true }])));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "create", "web")).ShouldBe(0, shell.Error);
        shell.Error.ShouldEndWith("20260301-120000: taken, disks\n");
        (await shell.RunAsync("snapshots", "create", "web", "-n", "good", "--description", "all pass", "--memory")).ShouldBe(0, shell.Error);
        shell.Error.ShouldEndWith("good: taken, disks and memory\n");
        asked.ShouldBe([new TakeSnapshotRequest(), new TakeSnapshotRequest { Name = "good", Description = "all pass", Memory = true }]);
        shell.Out.ShouldBeEmpty();
        (await shell.RunAsync("snapshots", "create", "web", "--format", "json")).ShouldBe(0, shell.Error);
        JsonSerializer.Deserialize<Snapshot>(shell.Out, WarrenJson.Options)!.Name.ShouldBe("20260301-120000");
    }

    [Theory]
    [InlineData(MachineState.Running, "web: back at clean, and runs on from there\n")]
    [InlineData(MachineState.Stopped, "web: back at clean, and off; start it with `warren start web`\n")]
    public async Task A_restore_says_whether_the_machine_runs(MachineState state, string said)
    {
        await using var server = await LittleServer.StartAsync(routes => Ending(routes)
            .Post("/machines/web/snapshots/clean/restore", () => Accepted())
            .Get("/machines/m-web", () => Given.Machine(state: state)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "restore", "web", "clean")).ShouldBe(0, shell.Error);
        shell.Error.ShouldEndWith(said);
    }

    [Fact]
    public async Task Editing_sends_only_what_was_said()
    {
        EditSnapshotRequest? request = null;
        await using var server = await LittleServer.StartAsync(routes => routes.Patch("/machines/web/snapshots/good", (EditSnapshotRequest r) =>
        {
            request = r;
            return Of("good");
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "edit", "web", "good", "--description", "")).ShouldBe(0, shell.Error);
        request.ShouldBe(new EditSnapshotRequest { Description = "" });
        shell.Error.ShouldBe("good: changed\n");
        (await shell.RunAsync("snapshots", "edit", "web", "good")).ShouldBe(2);
        server.Of("PATCH", "/machines/web/snapshots/good").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Deleting_goes_on_behind_a_name_that_is_not_there()
    {
        await using var server = await LittleServer.StartAsync(routes => Ending(routes).Delete("/machines/web/snapshots/{s}",
            (string s) => s == "b" ? LittleServer.Refuse("not-found", 404, "'web' has no snapshot 'b'.") : Accepted()));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("snapshots", "delete", "web", "a", "b", "c", "a")).ShouldBe(3);
        shell.Error.ShouldContain("warren: b: 'web' has no snapshot 'b'.");
        shell.Error.ShouldContain("a: deleted\n");
        shell.Error.ShouldEndWith("c: deleted\n");
        server.Requests.Where(r => r.Method == "DELETE").Select(r => r.Path[^1]).ShouldBe(['a', 'b', 'c']);
    }

    private static Snapshot Of(string name, string? parent = null, bool memory = false) => new()
    {
        Id = "s-" + name,
        Name = name,
        MachineId = "m-web",
        ParentId = parent is null ? null : "s-" + parent,
        Memory = memory,
        Current = false,
        State = SnapshotState.Ready,
        CreatedAt = TimeProvider.System.GetUtcNow().AddHours(-80),
    };

    private static Task<LittleServer> ListingAsync(params Snapshot[] snapshots)
        => LittleServer.StartAsync(routes => routes.Get("/machines/web/snapshots", () => new Page<Snapshot>(snapshots)));

    private static LittleServer.RouteTable Ending(LittleServer.RouteTable routes) => routes.Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100));

    private static IResult Accepted() => Results.Json(Given.Operation("o1", OperationStatus.Pending), WarrenJson.Options, statusCode: 202);
}
