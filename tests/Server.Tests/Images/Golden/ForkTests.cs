using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images.Golden;

/// <summary>Forks of running machines over the API, on both databases.</summary>
public abstract class ForkTests(PostgresCluster? cluster) : GoldenTestBase(cluster)
{
    [Fact]
    public async Task Eight_forks_go_on_where_the_machine_stood_each_with_an_identity_and_ports_of_its_own()
    {
        await using var server = await WithMachineAsync();
        var parent = await MachineAsync(server, "m");
        await WriteAsync(server, parent.Id, "/tmp/word", "common");
        var ended = await server.EndAsync(await server.PostAsync("machines/m/fork", new ForkRequest { Count = 8, FirstBoot = "echo once >> /root/first" }));
        ended.ShouldSatisfyAllConditions(o => o.Kind.ShouldBe("machine.fork"), o => o.Status.ShouldBe(OperationStatus.Succeeded, o.Problem?.Detail), o => o.Message.ShouldBeNull());
        var forks = (await MachinesAsync(server)).Where(m => m.ForkOf == parent.Id).ToList();
        forks.Select(f => f.Name).ShouldBe(Enumerable.Range(1, 8).Select(i => $"m-{i}"), ignoreOrder: true);
        forks.ShouldAllBe(f => f.State == MachineState.Running && f.Spec.MemoryMiB == 256);
        forks.Append(parent).SelectMany(f => f.Forwards.Select(p => p.HostPort)).ShouldBeUnique();
        forks.ShouldAllBe(f => f.Forwards.Count == 2);
        var identities = new List<string?>();
        foreach (var fork in forks)
        {
            (await ReadAsync(server, fork.Id, "/tmp/word")).ShouldBe("common");
            (await ReadAsync(server, fork.Id, "/proc/sys/kernel/hostname")).ShouldBe(fork.Name);
            (await ReadAsync(server, fork.Id, "/root/first")).ShouldBe("once");
            identities.Add(await ReadAsync(server, fork.Id, "/etc/machine-id"));
        }

        identities.ShouldBeUnique();
        (await Host(server).Forks!.ListAsync(default)).ShouldBeEmpty("the frozen image was for the moment only");
        await SucceedsAsync(server, "machines/m/fork");
        (await MachineAsync(server, "m-9")).State.ShouldBe(MachineState.Running, "the next free number");
    }

    [Theory]
    [InlineData("machines/m/fork", """{"name":"f"}""", false)]
    [InlineData("golden-images", """{"name":"g","machine":"m","kind":"warm"}""", true)]
    public async Task A_look_that_meets_the_standstill_of_a_freeze_does_not_call_the_machine_paused(string path, string body, bool isLookedAtAgain)
    {
        await using var server = await WithMachineAsync();
        var parent = await MachineAsync(server, "m");
        await Eventually.BecomesAsync(async () => (await MachineAsync(server, "m")).Readiness.Has(ReadinessRung.Agent), "its agent answers");
        var (look, next, freeze) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        await Faults(server).Hold("Observe", look.Task).WaitAsync(TimeSpan.FromSeconds(30));
        var frozen = Faults(server).Hold("Freeze", freeze.Task);
        var operation = await server.PostAsync(path, JsonDocument.Parse(body).RootElement);
        await frozen.WaitAsync(TimeSpan.FromSeconds(30));

        // It stands still as it does in the middle of a freeze, and the look sees just that.
        await Host(server).Power!.PauseAsync(parent.Id, default);
        look.SetResult();
        if (isLookedAtAgain)
        {
            // When the next one begins, that one has been written down, and nothing has put it right yet. A machine that is forked is not looked at.
            await Faults(server).Hold("Observe", next.Task).WaitAsync(TimeSpan.FromSeconds(30));
            (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
        }

        await Host(server).Power!.ResumeAsync(parent.Id, default);
        next.SetResult();
        freeze.SetResult();
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Succeeded);
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
    }

    [Fact]
    public async Task Names_and_keys_are_as_asked_for()
    {
        await using var server = await WithMachineAsync();
        await server.Client.PostAsync("keys", new StringContent("""{"name":"k"}""", System.Text.Encoding.UTF8, "application/json"));
        await SucceedsAsync(server, "machines/m/fork", new ForkRequest { Name = "one", Keys = ["k"], TtlSeconds = 3600 });
        var one = await MachineAsync(server, "one");
        one.ExpiresAt.ShouldNotBeNull();
        (await ReadAsync(server, one.Id, "/root/.ssh/authorized_keys")).ShouldNotBeNull().ShouldStartWith("ssh-");
        await SucceedsAsync(server, "machines/m/fork", new ForkRequest { Name = "two", Count = 2 });
        (await MachineAsync(server, "two-2")).State.ShouldBe(MachineState.Running);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", """{"name":"two","count":3}""", 409)).Type.ShouldEndWith("name-taken");
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", """{"name":"one"}""", 409)).Type.ShouldEndWith("name-taken");
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_leaves_nothing()
    {
        await using var server = await WithMachineAsync("Hosts:ReservedMemoryMiB=0", "Hosts:OverheadMiB=0", "Hosts:FreeMemoryMiB=0", "Fake:MemoryMiB=1024");
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", """{"count":65,"name":"No","ttlSeconds":1}""", 400)).Errors!.Keys.ShouldBe(["count", "name", "ttlSeconds"], ignoreOrder: true);
        var full = await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", """{"count":4}""", 409);
        (full.Type.Split(':')[^1], full.Detail!.Contains("4 times 256 MiB", StringComparison.Ordinal)).ShouldBe(("capacity-exhausted", true));
        await SucceedsAsync(server, "machines/m/fork", new ForkRequest { Count = 3 });
        foreach (var i in new[] { 1, 2, 3 }) await server.EndAsync(await server.DeleteAsync($"machines/m-{i}"));
        await SucceedsAsync(server, "machines/m/stop", new StopRequest { Force = true });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", null, 409)).Type.ShouldEndWith("illegal-state");
        await NothingElseIsLeftAsync(server);
    }

    [Fact]
    public async Task A_host_without_forks_says_why()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await AddAsync(server, "rig", "lab");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", MemoryMiB = 256, Host = "lab" });
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/fork", null, 422)).Detail!.ShouldContain("the driver rig cannot do this");
        (await RefusedAsync(server, HttpMethod.Post, "golden-images", """{"name":"g","machine":"m","kind":"warm"}""", 422)).Detail!.ShouldContain("the driver rig cannot do this");
    }

    [Fact]
    public async Task Those_that_cannot_be_made_say_why_and_the_others_stay()
    {
        await using var server = await WithMachineAsync();
        Faults(server).Fail("Renew", HypervisorErrorKind.Rejected, 2);
        var ended = await server.EndAsync(await server.PostAsync("machines/m/fork", new ForkRequest { Count = 3 }));
        ended.Status.ShouldBe(OperationStatus.Succeeded);
        ended.Message!.ShouldStartWith("1 of 3 made. m-");
        var forks = (await MachinesAsync(server)).Where(m => m.Name != "m").ToLookup(m => m.State);
        forks[MachineState.Running].Count().ShouldBe(1);
        forks[MachineState.Failed].ShouldAllBe(m => m.Problem!.Detail == "planned failure of Renew" && m.Forwards.Count == 0);
        forks[MachineState.Failed].Count().ShouldBe(2);
        (await OnHostAsync(server)).Length.ShouldBe(2, "the machine and the one fork");
    }

    [Theory]
    [InlineData("Freeze")]
    [InlineData("Fork")]
    [InlineData("Renew")]
    public async Task None_at_all_is_a_failure_and_leaves_nothing(string call)
    {
        await using var server = await WithMachineAsync();
        Faults(server).Fail(call, HypervisorErrorKind.Rejected, 3);
        var ended = await server.EndAsync(await server.PostAsync("machines/m/fork", new ForkRequest { Count = 3 }));
        (ended.Status, ended.Problem!.Detail!.Contains($"planned failure of {call}", StringComparison.Ordinal)).ShouldBe((OperationStatus.Failed, true));
        await NothingElseIsLeftAsync(server);
    }

    [Theory]
    [InlineData("Freeze")]
    [InlineData("Fork")]
    [InlineData("Renew")]
    [InlineData("DeleteWarmImage")]
    public async Task A_cancel_takes_all_back(string call)
    {
        await using var server = await WithMachineAsync();
        Faults(server).Hang(call, 1);
        var operation = await server.PostAsync("machines/m/fork", new ForkRequest { Count = 3 });
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Any(c => c.StartsWith(call + " ", StringComparison.Ordinal))), "it is under way");
        if (call != "DeleteWarmImage")
        {
            (await RefusedAsync(server, HttpMethod.Delete, "machines/m-2", null, 409)).Detail!.ShouldContain(operation.Id);
            (await RefusedAsync(server, HttpMethod.Delete, "machines/m", null, 409)).Type.ShouldEndWith("conflict");
        }

        await server.PostAsync($"operations/{operation.Id}/cancel");
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        await NothingElseIsLeftAsync(server);
    }

    [Fact]
    public async Task What_passes_is_waited_for()
    {
        await using var server = await WithMachineAsync();
        Faults(server).Fail("Fork", HypervisorErrorKind.Busy, 2);
        await SucceedsAsync(server, "machines/m/fork", new ForkRequest { Count = 3 });
        (await MachinesAsync(server)).ShouldAllBe(m => m.State == MachineState.Running);
    }

    [Fact]
    public async Task What_a_stalled_step_makes_after_its_end_is_removed()
    {
        await using var server = await WithMachineAsync("Machines:LeftoverSearchSeconds=1");
        await MakeAsync(server, GoldenImageKind.Warm);
        Faults(server).Fail("Renew", HypervisorErrorKind.Rejected, 2);
        var ended = await server.EndAsync(await server.PostAsync("machines/m/fork", new ForkRequest { Count = 2 }));
        ended.Status.ShouldBe(OperationStatus.Failed);
        await using var db = server.Db();
        var plan = (await db.Operations.SingleAsync(o => o.Id == ended.Id)).Data<Warren.Server.Machines.ForkPlan>();
        var parent = await MachineAsync(server, "m");
        var golden = await GoldenAsync(server);
        await Host(server).Forks!.FreezeAsync(parent.Id, plan.WarmImageId, default);
        await Host(server).Forks!.FreezeAsync(parent.Id, "01another0servers0warm00000", default);
        await Eventually.BecomesAsync(async () => !(await Host(server).Forks!.ListAsync(default)).Contains(plan.WarmImageId), "what was taken back is removed");
        (await Host(server).Forks!.ListAsync(default)).ShouldBe([golden.Id, "01another0servers0warm00000"], ignoreOrder: true);
    }
}

public sealed class SqliteForkTests() : ForkTests(null);

public sealed class PostgresForkTests(PostgresCluster cluster) : ForkTests(cluster);
