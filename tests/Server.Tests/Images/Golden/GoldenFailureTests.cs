using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Images.Golden;

/// <summary>What goes wrong while golden images are made and machines are made from them.</summary>
public abstract class GoldenFailureTests(PostgresCluster? cluster) : GoldenTestBase(cluster)
{
    [Theory]
    [InlineData(GoldenImageKind.Warm, "Exec")]
    [InlineData(GoldenImageKind.Warm, "Freeze")]
    [InlineData(GoldenImageKind.Disk, "Exec")]
    [InlineData(GoldenImageKind.Disk, "Stop")]
    [InlineData(GoldenImageKind.Disk, "Clone")]
    public async Task A_call_that_the_host_refuses_leaves_only_the_reason(GoldenImageKind kind, string call)
    {
        await using var server = await WithMachineAsync();
        Faults(server).Fail(call, HypervisorErrorKind.Rejected);
        (await BuildAsync(server, kind, prepare: "echo hello")).Status.ShouldBe(OperationStatus.Failed);
        (await GoldenAsync(server)).ShouldSatisfyAllConditions(g => g.State.ShouldBe(GoldenImageState.Failed), g => g.Problem!.Detail.ShouldNotBeNull().ShouldContain($"planned failure of {call}"));
        await BecomesAsync(server, "m", MachineState.Running);
        await NothingElseIsLeftAsync(server);
        (await server.EndAsync(await server.DeleteAsync("golden-images/g"))).Status.ShouldBe(OperationStatus.Succeeded);
        await MakeAsync(server, kind);
    }

    [Theory]
    [InlineData(GoldenImageKind.Warm, "Exec")]
    [InlineData(GoldenImageKind.Warm, "Freeze")]
    [InlineData(GoldenImageKind.Disk, "Stop")]
    [InlineData(GoldenImageKind.Disk, "Clone")]
    [InlineData(GoldenImageKind.Disk, "Start")]
    public async Task Cancelled_in_any_step_it_is_as_if_never_asked_for(GoldenImageKind kind, string call)
    {
        await using var server = await WithMachineAsync();
        Faults(server).Hang(call, 1);
        var operation = await AskAsync(server, kind, prepare: "echo hello");
        var before = Faults(server).Calls.Count(c => c.StartsWith(call, StringComparison.Ordinal));
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Count(c => c.StartsWith(call, StringComparison.Ordinal)) > (call == "Start" ? 1 : 0)), $"{call} is called", tell: () => Task.FromResult($"before {before}"));
        // Meanwhile nobody else has a hand on the machine.
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/stop", null, 409)).Type.ShouldEndWith("conflict");
        (await RefusedAsync(server, HttpMethod.Delete, "machines/m", null, 409)).Type.ShouldEndWith("conflict");
        (await RefusedAsync(server, HttpMethod.Delete, "golden-images/g", null, 409)).Type.ShouldEndWith("conflict");
        await server.PostAsync($"operations/{operation.Id}/cancel");
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        (await AllAsync(server)).ShouldBeEmpty();
        await BecomesAsync(server, "m", MachineState.Running);
        await NothingElseIsLeftAsync(server);
    }

    [Fact]
    public async Task A_prepare_script_that_fails_tells_the_end_of_its_output()
    {
        await using var server = await WithMachineAsync();
        await BuildAsync(server, GoldenImageKind.Warm, prepare: "echo no such package\nexit 3");
        var golden = await GoldenAsync(server);
        golden.Problem!.ShouldSatisfyAllConditions(p => p.Type.ShouldEndWith("prepare-failed"), p => p.Detail.ShouldBe("It ended with 3. It said: no such package"));
        await NothingElseIsLeftAsync(server);
    }

    [Fact]
    public async Task A_guest_that_does_not_shut_down_in_time_is_not_torn_off()
    {
        await using var server = await WithMachineAsync("Fake:ShutdownTakes=01:00:00");
        var operation = await AskAsync(server, GoldenImageKind.Disk);
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Any(c => c.StartsWith("Stop", StringComparison.Ordinal))), "it is asked");
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        (await server.EndAsync(operation)).Problem!.Detail!.ShouldContain("has not shut down in time");
        Faults(server).Calls.ShouldNotContain(c => c.StartsWith("Kill", StringComparison.Ordinal));
        await BecomesAsync(server, "m", MachineState.Running);
        await NothingElseIsLeftAsync(server);
    }

    [Theory]
    [InlineData(GoldenImageKind.Warm, "Fork")]
    [InlineData(GoldenImageKind.Warm, "Renew")]
    [InlineData(GoldenImageKind.Disk, "Clone")]
    [InlineData(GoldenImageKind.Disk, "Start")]
    public async Task A_launch_that_its_host_refuses_or_that_is_cancelled_leaves_nothing_on_it(GoldenImageKind kind, string call)
    {
        await using var server = await WithMachineAsync();
        await MakeAsync(server, kind);
        await BecomesAsync(server, "m", MachineState.Running);
        var there = await OnHostAsync(server);
        Faults(server).Fail(call, HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.PostAsync("machines", new LaunchRequest { Name = "f", GoldenImage = "g" }))).Status.ShouldBe(OperationStatus.Failed);
        (await MachineAsync(server, "f")).ShouldSatisfyAllConditions(m => m.State.ShouldBe(MachineState.Failed), m => m.Problem!.Detail.ShouldBe($"planned failure of {call}"), m => m.Forwards.ShouldBeEmpty());
        (await OnHostAsync(server)).ShouldBe(there, ignoreOrder: true);

        Faults(server).Hang(call, 1);
        var operation = await server.PostAsync("machines", new LaunchRequest { Name = "c", GoldenImage = "g" });
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Any(c => c == $"{call} {operation.SubjectId}")), "it is under way");
        await server.PostAsync($"operations/{operation.Id}/cancel");
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        (await MachinesAsync(server)).Select(m => m.Name).ShouldBe(["m", "f"], ignoreOrder: true);
        (await OnHostAsync(server)).ShouldBe(there, ignoreOrder: true);
        (await GoldenAsync(server)).MachinesMade.ShouldBe(0);
        // The failed one keeps nothing either.
        (await server.EndAsync(await server.DeleteAsync("golden-images/g"))).Status.ShouldBe(OperationStatus.Succeeded);
    }

    [Fact]
    public async Task A_fork_whose_agent_is_silent_for_a_while_is_waited_for_but_not_for_ever()
    {
        await using var server = await WithMachineAsync();
        await MakeAsync(server, GoldenImageKind.Warm);
        Faults(server).Fail("Renew", HypervisorErrorKind.Unreachable, 2);
        (await server.LaunchAsync(new LaunchRequest { Name = "f", GoldenImage = "g" })).State.ShouldBe(MachineState.Running);
        Faults(server).Fail("Renew", HypervisorErrorKind.Unreachable, 1000);
        var operation = await server.PostAsync("machines", new LaunchRequest { Name = "s", GoldenImage = "g" });
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Any(c => c == $"Renew {operation.SubjectId}")), "it is tried");
        server.Clock.Advance(TimeSpan.FromMinutes(6));
        (await server.EndAsync(operation)).Problem!.Detail!.ShouldContain("planned failure of Renew");
    }

    /// <summary>As by a worker that died with its step done and nothing committed: another runs it again.</summary>
    [Theory]
    [InlineData(GoldenImageKind.Warm)]
    [InlineData(GoldenImageKind.Disk)]
    public async Task Every_step_can_be_run_twice(GoldenImageKind kind)
    {
        var boundary = new StepsTwice();
        await using var server = await StartAsync(services =>
        {
            Hosts.Rig.Add(services);
            boundary.Add(services);
        });
        await server.AddImageAsync();
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", MemoryMiB = 256 });
        boundary.Clock = server.Clock;
        await MakeAsync(server, kind, prepare: "echo hello");
        await BecomesAsync(server, "m", MachineState.Running);
        (await server.LaunchAsync(new LaunchRequest { Name = "f", GoldenImage = "g" })).State.ShouldBe(MachineState.Running);
        await SucceedsAsync(server, "machines/f/fork", new ForkRequest { Name = "ff", Count = 2 });
        (await MachinesAsync(server)).Count(m => m.State == MachineState.Running).ShouldBe(4);
        foreach (var name in new[] { "ff-1", "ff-2", "f" }) (await server.EndAsync(await server.DeleteAsync($"machines/{name}"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await server.EndAsync(await server.DeleteAsync("golden-images/g"))).Status.ShouldBe(OperationStatus.Succeeded);
        await NothingElseIsLeftAsync(server);
        boundary.Steps.ShouldContain(kind == GoldenImageKind.Warm ? "golden.build:freeze" : "golden.build:restart");
        boundary.Steps.ShouldContain("machine.fork:clean");
    }
}

public sealed class SqliteGoldenFailureTests() : GoldenFailureTests(null);

public sealed class PostgresGoldenFailureTests(PostgresCluster cluster) : GoldenFailureTests(cluster);
