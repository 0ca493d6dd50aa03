using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Images.Golden;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images.Golden;

/// <summary>The life of golden images over the API, on both databases.</summary>
public abstract class GoldenImageTests(PostgresCluster? cluster) : GoldenTestBase(cluster)
{
    [Theory]
    [InlineData(GoldenImageKind.Warm)]
    [InlineData(GoldenImageKind.Disk)]
    public async Task A_machine_is_prepared_frozen_and_runs_on_and_what_is_launched_is_its_likeness(GoldenImageKind kind)
    {
        await using var server = await WithMachineAsync();
        await MakeAsync(server, kind, prepare: "echo prepared > /root/mark");
        var golden = await GoldenAsync(server);
        golden.ShouldSatisfyAllConditions(g => g.State.ShouldBe(GoldenImageState.Ready), g => g.Version.ShouldBe(1), g => g.ReadyAt.ShouldNotBeNull(), g => g.Spec.MemoryMiB.ShouldBe(256), g => g.MachinesMade.ShouldBe(0));
        await BecomesAsync(server, "m", MachineState.Running);
        var parent = await MachineAsync(server, "m");
        await WriteAsync(server, parent.Id, "/root/mark", "later");

        var fork = await server.LaunchAsync(new LaunchRequest { Name = "f", GoldenImage = "g", FirstBoot = "echo once >> /root/first", Forwards = [new ForwardRequest { GuestPort = 443 }] });
        fork.ShouldSatisfyAllConditions(
            m => m.State.ShouldBe(MachineState.Running), m => m.GoldenImage.ShouldBe("g@1"), m => m.Spec.MemoryMiB.ShouldBe(256), m => m.Image.ShouldBe("tiny"),
            m => m.Forwards.Select(f => f.GuestPort).ShouldBe([22, 443], ignoreOrder: true), m => m.Placement!.Why.ShouldBe("The golden image 'g@1' is there."));
        (await ReadAsync(server, fork.Id, "/root/mark")).ShouldBe("prepared");
        await using var db = server.Db();
        var row = await db.Machines.SingleAsync(m => m.Id == fork.Id);
        if (kind == GoldenImageKind.Warm)
        {
            (await ReadAsync(server, fork.Id, "/proc/sys/kernel/hostname")).ShouldBe("f");
            (await ReadAsync(server, fork.Id, "/root/first")).ShouldBe("once");
            (row.SeedGeneration, row.UserData).ShouldBe((2, null), "it keeps its identity when it boots some day");
        }
        else
        {
            row.UserData.ShouldBe("#!/bin/sh\necho once >> /root/first", "it boots, and cloud-init runs that");
            Faults(server).Calls.ShouldContain("Stop " + parent.Id);
        }

        (await GoldenAsync(server)).MachinesMade.ShouldBe(1);
        var there = await server.Client.GetFromJsonAsync<Page<HostMachine>>("hosts/local/machines", WarrenJson.Options);
        there!.Items.ShouldAllBe(m => m.Ours && m.Machine != null);
    }

    [Fact]
    public async Task A_stopped_machine_stays_off_and_its_copies_may_too()
    {
        await using var server = await WithMachineAsync();
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        await MakeAsync(server, GoldenImageKind.Disk);
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Stopped);
        (await server.LaunchAsync(new LaunchRequest { Name = "c", GoldenImage = "g", Start = false })).State.ShouldBe(MachineState.Stopped);
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"w","machine":"m","kind":"warm"}""", 409)).Type.ShouldEndWith("illegal-state");
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"w","machine":"m","kind":"disk","prepare":"true"}""", 409)).Type.ShouldEndWith("illegal-state");
    }

    [Fact]
    public async Task Versions_rise_per_name_and_lineage_is_kept()
    {
        await using var server = await WithMachineAsync();
        await MakeAsync(server, GoldenImageKind.Warm);
        await MakeAsync(server, GoldenImageKind.Warm);
        var (first, second) = (await GoldenAsync(server, "g@1"), await GoldenAsync(server));
        (second.Version, second.ParentId).ShouldBe((2, null));
        (await server.LaunchAsync(new LaunchRequest { Name = "n", GoldenImage = "g" })).GoldenImage.ShouldBe("g@2", "the newest");
        (await server.LaunchAsync(new LaunchRequest { Name = "o", GoldenImage = "g@1" })).GoldenImage.ShouldBe("g@1");
        (await server.LaunchAsync(new LaunchRequest { Name = "i", GoldenImage = first.Id })).GoldenImage.ShouldBe("g@1");
        var child = await server.EndAsync(await server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = "child", Machine = "o", Kind = GoldenImageKind.Warm }));
        (await GoldenAsync(server, child.SubjectId)).ParentId.ShouldBe(first.Id);

        using var edit = new HttpRequestMessage(HttpMethod.Patch, "golden-images/child") { Content = JsonContent.Create(new EditGoldenImageRequest { Name = "g", Description = "next" }, options: WarrenJson.Options) };
        edit.Headers.IfMatch.ParseAdd("\"9999\"");
        using (var stale = await server.Client.SendAsync(edit)) stale.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        using var edited = await server.Client.PatchAsJsonAsync("golden-images/child", new EditGoldenImageRequest { Name = "g", Description = "next" }, WarrenJson.Options);
        (await edited.Content.ReadFromJsonAsync<GoldenImage>(WarrenJson.Options))!.ShouldSatisfyAllConditions(g => g.Version.ShouldBe(3), g => g.Description.ShouldBe("next"));
    }

    [Theory]
    [InlineData(GoldenImageKind.Warm)]
    [InlineData(GoldenImageKind.Disk)]
    public async Task By_hand_it_waits_until_somebody_says_so(GoldenImageKind kind)
    {
        await using var server = await WithMachineAsync();
        (await BuildAsync(server, kind, byHand: true)).Status.ShouldBe(OperationStatus.Succeeded);
        (await GoldenAsync(server)).State.ShouldBe(GoldenImageState.Preparing);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"goldenImage":"g"}""", 400)).Errors!["goldenImage"][0].ShouldContain("is preparing");
        // The machine is theirs meanwhile.
        await SucceedsAsync(server, "machines/m/restart", new StopRequest { Force = true });
        Faults(server).Fail(kind == GoldenImageKind.Warm ? "Freeze" : "Clone", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.PostAsync("golden-images/g/ready"))).Status.ShouldBe(OperationStatus.Failed);
        (await GoldenAsync(server)).ShouldSatisfyAllConditions(g => g.State.ShouldBe(GoldenImageState.Preparing, "their work is not lost"), g => g.Problem!.Detail.ShouldNotBeNull().ShouldContain("planned"));
        await BecomesAsync(server, "m", MachineState.Running);
        await NothingElseIsLeftAsync(server);

        (await server.EndAsync(await server.PostAsync("golden-images/g/ready"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await GoldenAsync(server)).ShouldSatisfyAllConditions(g => g.State.ShouldBe(GoldenImageState.Ready), g => g.Problem.ShouldBeNull());
        (await RefusedAsync(server, HttpMethod.Post, "golden-images/g/ready", null, 409)).Type.ShouldEndWith("illegal-state");
    }

    [Fact]
    public async Task What_machines_came_from_cannot_be_deleted()
    {
        await using var server = await WithMachineAsync();
        await MakeAsync(server, GoldenImageKind.Warm);
        await server.LaunchAsync(new LaunchRequest { Name = "f", GoldenImage = "g" });
        await SucceedsAsync(server, "machines/f/fork", new ForkRequest { Name = "ff" });
        (await server.EndAsync(await server.DeleteAsync("machines/f"))).Status.ShouldBe(OperationStatus.Succeeded);
        var refusal = await RefusedAsync(server, HttpMethod.Delete, "golden-images/g", null, 409);
        (refusal.Type.Split(':')[^1], refusal.Detail!.Contains("machine ff", StringComparison.Ordinal)).ShouldBe(("in-use", true));
        (await RefusedAsync(server, HttpMethod.Delete, "images/tiny", null, 409)).Type.ShouldEndWith("in-use");

        (await server.EndAsync(await server.DeleteAsync("machines/ff"))).Status.ShouldBe(OperationStatus.Succeeded);
        Faults(server).Fail("DeleteWarmImage", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.DeleteAsync("golden-images/g"))).Status.ShouldBe(OperationStatus.Failed);
        (await GoldenAsync(server)).State.ShouldBe(GoldenImageState.Failed);
        (await server.EndAsync(await server.DeleteAsync("golden-images/g"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await AllAsync(server)).ShouldBeEmpty();
        await NothingElseIsLeftAsync(server);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_field()
    {
        await using var server = await WithMachineAsync();
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"No","machine":"m","kind":"warm"}""", 400)).Errors!.Keys.ShouldBe(["name"]);
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"g","machine":"none","kind":"warm"}""", 400)).Errors!.Keys.ShouldBe(["machine"]);
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"g","machine":"m","kind":"lukewarm"}""", 400)).Errors!.Keys.ShouldBe(["kind"]);
        await MakeAsync(server, GoldenImageKind.Warm);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"goldenImage":"g","image":"tiny"}""", 400)).Errors!.Keys.ShouldBe(["image"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines", "{}", 400)).Errors!.Keys.ShouldBe(["image"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","firstBoot":"true"}""", 400)).Errors!.Keys.ShouldBe(["firstBoot"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"goldenImage":"g@7"}""", 400)).Errors!.Keys.ShouldBe(["goldenImage"]);
        (await RefusedAsync(server, HttpMethod.Post, "machines",
            """{"goldenImage":"g","memoryMiB":512,"cpus":2,"diskGiB":20,"firmware":"uefi","video":"virtio","ephemeral":true,"network":"x","dataDisks":[{"sizeGiB":1}],"host":"elsewhere","start":false,"userData":"#!/bin/sh"}""", 400))
            .Errors!.Keys.ShouldBe(["host", "memoryMiB", "cpus", "diskGiB", "firmware", "video", "ephemeral", "dataDisks", "network", "start", "userData"], ignoreOrder: true);
        await server.LaunchAsync(new LaunchRequest { Name = "same", GoldenImage = "g", MemoryMiB = 256, Cpus = 1, Host = "local" });
    }

    [Fact]
    public void Illegal_moves_throw()
    {
        var legal = new Dictionary<GoldenImageState, GoldenImageState[]>
        {
            [GoldenImageState.Building] = [GoldenImageState.Preparing, GoldenImageState.Failed, GoldenImageState.Deleting],
            [GoldenImageState.Preparing] = [GoldenImageState.Ready, GoldenImageState.Failed, GoldenImageState.Deleting],
            [GoldenImageState.Ready] = [GoldenImageState.Deleting],
            [GoldenImageState.Failed] = [GoldenImageState.Deleting],
            [GoldenImageState.Deleting] = [GoldenImageState.Failed],
        };
        foreach (var from in Enum.GetValues<GoldenImageState>())
        {
            foreach (var to in Enum.GetValues<GoldenImageState>())
            {
                if (from == to || legal[from].Contains(to)) GoldenImageStates.Move(from, to).ShouldBe(to);
                else Should.Throw<InvalidOperationException>(() => GoldenImageStates.Move(from, to), $"{from} to {to}");
            }
        }
    }
}

public sealed class SqliteGoldenImageTests() : GoldenImageTests(null);

public sealed class PostgresGoldenImageTests(PostgresCluster cluster) : GoldenImageTests(cluster);
