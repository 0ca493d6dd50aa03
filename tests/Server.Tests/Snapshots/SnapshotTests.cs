using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Snapshots;

/// <summary>Snapshots over the API, on both databases.</summary>
public abstract class SnapshotTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    [Fact]
    public async Task Snapshots_form_a_tree_are_returned_to_renamed_and_deleted()
    {
        await using var server = await WithMachineAsync();
        await TakeAsync(server, new TakeSnapshotRequest { Name = "clean", Description = "as installed" });
        await TakeAsync(server, new TakeSnapshotRequest { Name = "work", Memory = true });
        (await TreeAsync(server)).ShouldBe([("clean", null, false), ("work", "clean", true)]);

        await SucceedsAsync(server, "machines/m/snapshots/clean/restore");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Stopped, "without memory it is off");
        await TakeAsync(server, new TakeSnapshotRequest { Name = "other" });
        (await TreeAsync(server)).ShouldBe([("clean", null, false), ("work", "clean", false), ("other", "clean", true)]);

        await SucceedsAsync(server, "machines/m/snapshots/work/restore");
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running, "with memory it runs on");

        using (var edited = await server.Client.PatchAsJsonAsync("machines/m/snapshots/clean", new EditSnapshotRequest { Name = "base", Description = "" }, WarrenJson.Options))
            (await edited.Content.ReadFromJsonAsync<Snapshot>(WarrenJson.Options))!.ShouldSatisfyAllConditions(s => s.Name.ShouldBe("base"), s => s.Description.ShouldBeNull());
        (await server.EndAsync(await server.DeleteAsync("machines/m/snapshots/base"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await TreeAsync(server)).ShouldBe([("work", null, true), ("other", null, false)]);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_leaves_nothing()
    {
        await using var server = await WithMachineAsync("Machines:SnapshotsPerMachine=1");
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots", """{"name":"../x"}""", 400)).Errors!.Keys.ShouldBe(["name"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots", $$"""{"description":"{{new string('x', 1001)}}"}""", 400)).Errors!.Keys.ShouldBe(["description"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots/nothing/restore", null, 404)).Detail!.ShouldContain("nothing");
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots", """{"memory":true}""", 409)).Type.ShouldEndWith("illegal-state");
        (await server.Client.GetFromJsonAsync<Page<Snapshot>>("machines/m/snapshots", WarrenJson.Options))!.Items.ShouldBeEmpty();

        await TakeAsync(server, new TakeSnapshotRequest { Name = "one" });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots", """{"name":"one"}""", 409)).Type.ShouldEndWith("name-taken");
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/snapshots", """{"name":"two"}""", 409)).Type.ShouldEndWith("too-many-snapshots");
    }

    [Theory]
    [InlineData("CreateSnapshot")]
    [InlineData("RestoreSnapshot")]
    [InlineData("DeleteSnapshot")]
    public async Task A_call_that_its_host_refuses_leaves_the_tree_as_it_was(string call)
    {
        await using var server = await WithMachineAsync();
        await TakeAsync(server, new TakeSnapshotRequest { Name = "one" });
        var before = await TreeAsync(server);
        Faults(server).Fail(call, HypervisorErrorKind.Rejected);
        var operation = call switch
        {
            "CreateSnapshot" => await server.PostAsync("machines/m/snapshots", new TakeSnapshotRequest { Name = "two" }),
            "RestoreSnapshot" => await server.PostAsync("machines/m/snapshots/one/restore"),
            _ => await server.DeleteAsync("machines/m/snapshots/one"),
        };
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Failed);
        (await TreeAsync(server)).ShouldBe(before);
        await BecomesAsync(server, "m", MachineState.Running);
        await SucceedsAsync(server, "machines/m/snapshots/one/restore");
    }

    [Fact]
    public async Task A_cancelled_snapshot_is_taken_back_and_a_deleted_machine_takes_its_snapshots_along()
    {
        await using var server = await WithMachineAsync();
        await TakeAsync(server, new TakeSnapshotRequest { Name = "one" });
        Faults(server).Fail("CreateSnapshot", HypervisorErrorKind.Busy, 1000);
        var operation = await server.PostAsync("machines/m/snapshots", new TakeSnapshotRequest { Name = "two" });
        var all = (await server.Client.GetFromJsonAsync<Page<Snapshot>>("machines/m/snapshots", WarrenJson.Options))!.Items;
        all.Select(s => (s.Name, s.ParentId, s.Current, s.State)).ShouldBe([("one", null, true, SnapshotState.Ready), ("two", all[0].Id, false, SnapshotState.Creating)]);
        await server.PostAsync($"operations/{operation.Id}/cancel");
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        (await TreeAsync(server)).ShouldBe([("one", null, true)]);

        Faults(server).Clear();
        (await server.EndAsync(await server.DeleteAsync("machines/m"))).Status.ShouldBe(OperationStatus.Succeeded);
        await using var db = server.Db();
        (await db.Snapshots.CountAsync()).ShouldBe(0);
    }

    private async Task<TestServer> WithMachineAsync(params string[] settings)
    {
        var server = await StartAsync(settings);
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = await server.AddImageAsync(), MemoryMiB = 512 });
        return server;
    }

    private static async Task TakeAsync(TestServer server, TakeSnapshotRequest request) => await SucceedsAsync(server, "machines/m/snapshots", request);

    /// <summary>Name, name of the parent, and whether the machine stands on it.</summary>
    private static async Task<List<(string Name, string? Parent, bool Current)>> TreeAsync(TestServer server)
    {
        var all = (await server.Client.GetFromJsonAsync<Page<Snapshot>>("machines/m/snapshots", WarrenJson.Options))!.Items;
        all.ShouldAllBe(s => s.State == SnapshotState.Ready);
        return [.. all.Select(s => (s.Name, all.SingleOrDefault(p => p.Id == s.ParentId)?.Name, s.Current))];
    }

    private static FakeFaults Faults(TestServer server) => ((FakeHypervisor)server.Get<IHypervisor>()).Faults;
}

public sealed class SqliteSnapshotTests() : SnapshotTests(null);

public sealed class PostgresSnapshotTests(PostgresCluster cluster) : SnapshotTests(cluster);
