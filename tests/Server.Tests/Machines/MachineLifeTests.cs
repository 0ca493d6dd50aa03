using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>A machine's life over real HTTP, on both databases.</summary>
public abstract class MachineLifeTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Launch_stop_start_restart_resize_delete()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny", MemoryMiB = 256 });
        machine.State.ShouldBe(MachineState.Running);
        machine.Forwards.ShouldContain(f => f.GuestPort == 22);
        machine.Ssh!.User.ShouldBe("root");
        (await server.Client.GetFromJsonAsync<AgentAnswer>("machines/a/agent", WarrenJson.Options))!.ShouldSatisfyAllConditions(a => a.Answers.ShouldBeTrue(), a => a.Milliseconds.ShouldNotBeNull());

        await SucceedsAsync(server, "machines/a/stop", new StopRequest { GraceSeconds = 20 });
        (await GetAsync(server, "a")).State.ShouldBe(MachineState.Stopped);
        (await server.Client.GetFromJsonAsync<AgentAnswer>("machines/a/agent", WarrenJson.Options)).ShouldBe(new AgentAnswer(false));

        using (var patch = await server.Client.PatchAsJsonAsync("machines/a", new EditMachineRequest { MemoryMiB = 512, Cpus = 4, DiskGiB = 20 }, WarrenJson.Options))
            patch.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Eventually.BecomesAsync(async () => (await GetAsync(server, "a")).Operation is null, "resize ends");
        (await GetAsync(server, "a")).Spec.ShouldSatisfyAllConditions(s => s.MemoryMiB.ShouldBe(512), s => s.Cpus.ShouldBe(4), s => s.DiskGiB.ShouldBe(20));

        await SucceedsAsync(server, "machines/a/start");
        await SucceedsAsync(server, "machines/a/restart", new StopRequest { Force = true });
        (await GetAsync(server, machine.Id)).State.ShouldBe(MachineState.Running);

        (await server.EndAsync(await server.DeleteAsync("machines/a"))).Status.ShouldBe(OperationStatus.Succeeded);
        using var gone = await server.Client.GetAsync("machines/a");
        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using var db = server.Db();
        (await db.PortForwards.CountAsync()).ShouldBe(0);
        (await db.ReleasedPorts.CountAsync()).ShouldBe(1, "the port rests");
    }

    [Fact]
    public async Task A_change_is_not_refused_because_the_machine_was_looked_at_meanwhile()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny", MemoryMiB = 256, Start = false });
        using var end = new CancellationTokenSource();
        // Fewer for each change than it has tries: on a slow host it may lose to all of them.
        const int Looks = 10;
        var left = 0;
        var looks = LookAsync();
        for (var cpus = 1; cpus <= 8; cpus++)
        {
            Interlocked.Exchange(ref left, Looks);
            using var patch = await server.Client.PatchAsJsonAsync("machines/a", new EditMachineRequest { Cpus = cpus }, WarrenJson.Options);
            patch.StatusCode.ShouldBe(HttpStatusCode.Accepted, await patch.Content.ReadAsStringAsync());
            await Eventually.BecomesAsync(async () => (await GetAsync(server, "a")).Operation is null, "resize ends");
        }

        await end.CancelAsync();
        await looks;

        async Task LookAsync()
        {
            await using var db = server.Db();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
            while (!end.IsCancellationRequested && await timer.WaitForNextTickAsync())
                if (Interlocked.Decrement(ref left) >= 0) await db.Machines.Where(m => m.Id == machine.Id).ExecuteUpdateAsync(set => set.SetProperty(m => m.Version, m => m.Version + 1));
        }
    }

    [Fact]
    public async Task A_refused_creation_is_undone_and_says_why()
    {
        await using var server = await ReadyAsync();
        Faults(server).Fail("Create", HypervisorErrorKind.Rejected);
        var ended = await server.EndAsync(await server.PostAsync("machines", new LaunchRequest { Name = "a", Image = "tiny" }));
        ended.Status.ShouldBe(OperationStatus.Failed);
        ended.Problem!.Detail!.ShouldContain("planned failure of Create");
        var machine = await GetAsync(server, "a");
        machine.State.ShouldBe(MachineState.Failed);
        machine.Problem!.Detail!.ShouldContain("planned failure of Create");
        machine.Forwards.ShouldBeEmpty();
        (await server.Get<IHypervisor>().ListAsync(default)).ShouldBeEmpty();
        (await server.EndAsync(await server.DeleteAsync("machines/a"))).Status.ShouldBe(OperationStatus.Succeeded);
    }

    [Fact]
    public async Task A_busy_hypervisor_is_waited_for()
    {
        await using var server = await ReadyAsync();
        Faults(server).Fail("Start", HypervisorErrorKind.Busy, times: 3);
        (await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" })).State.ShouldBe(MachineState.Running);
    }

    [Fact]
    public async Task A_cancelled_launch_leaves_nothing()
    {
        await using var server = await ReadyAsync();
        Faults(server).Fail("Start", HypervisorErrorKind.Busy, times: 1000);
        var operation = await server.PostAsync("machines", new LaunchRequest { Name = "a", Image = "tiny" });
        await Eventually.BecomesAsync(() => Task.FromResult(Faults(server).Calls.Any(c => c.StartsWith("Start", StringComparison.Ordinal))), "start is tried");
        await server.PostAsync($"operations/{operation.Id}/cancel");
        (await server.EndAsync(operation)).Status.ShouldBe(OperationStatus.Cancelled);
        await using var db = server.Db();
        (await db.Machines.CountAsync(), await db.PortForwards.CountAsync()).ShouldBe((0, 0));
        (await server.Get<IHypervisor>().ListAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Delete_takes_the_place_of_a_launch_under_way()
    {
        await using var server = await ReadyAsync();
        Faults(server).Fail("Start", HypervisorErrorKind.Busy, times: 1000);
        var launch = await server.PostAsync("machines", new LaunchRequest { Name = "a", Image = "tiny" });
        var delete = await server.EndAsync(await server.DeleteAsync("machines/a"));
        delete.Status.ShouldBe(OperationStatus.Succeeded);
        (await server.EndAsync(launch)).ShouldSatisfyAllConditions(
            o => o.Status.ShouldBe(OperationStatus.Cancelled), o => o.Problem!.Type.ShouldBe("urn:warren:problem:superseded"));
        (await server.Get<IHypervisor>().ListAsync(default)).ShouldBeEmpty();
        await using var db = server.Db();
        (await db.Machines.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task One_operation_at_a_time()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        Faults(server).Fail("Kill", HypervisorErrorKind.Busy, times: 1000);
        await server.PostAsync("machines/a/stop", new StopRequest { Force = true });
        using var second = await server.Client.PostAsJsonAsync("machines/a/restart", new StopRequest(), WarrenJson.Options);
        second.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await second.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Type.ShouldBe("urn:warren:problem:conflict");
    }

    [Fact]
    public async Task Thirty_launches_at_once_get_ports_of_their_own_and_the_full_host_refuses_the_rest()
    {
        await using var server = await ReadyAsync("Hosts:ReservedMemoryMiB=1024", "Hosts:OverheadMiB=0", "Ports:First=22500", "Ports:Last=22560", "Machines:MaximumMemoryMiB=4096");
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => server.Client.PostAsJsonAsync(
            "machines", new LaunchRequest { Name = $"m{i}", Image = "tiny", MemoryMiB = 3072 }, WarrenJson.Options)));
        var accepted = answers.Where(a => a.StatusCode == HttpStatusCode.Accepted).ToList();
        // The fake host has 64 GiB; 63 are for machines: 21 of 3 GiB.
        accepted.Count.ShouldBe(21);
        foreach (var refused in answers.Except(accepted))
            (await refused.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Type.ShouldBe("urn:warren:problem:capacity-exhausted");
        foreach (var answer in accepted)
            (await server.EndAsync((await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!)).Status.ShouldBe(OperationStatus.Succeeded);
        await using var db = server.Db();
        var ports = await db.PortForwards.Select(p => p.HostPort).ToListAsync();
        ports.Count.ShouldBe(21);
        ports.Distinct().Count().ShouldBe(21);
        (await db.Machines.CountAsync()).ShouldBe(21, "a refused launch leaves no row");
    }

    [Fact]
    public async Task A_machine_whose_time_is_over_is_deleted()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny", TtlSeconds = 60 });
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () =>
        {
            await using var db = server.Db();
            return !await db.Machines.AnyAsync();
        }, "the machine is gone");
    }

    [Fact]
    public async Task A_guest_that_switches_itself_off_is_seen()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        await server.Get<IHypervisor>().KillAsync(machine.Id, default);
        await Eventually.BecomesAsync(async () => (await GetAsync(server, "a")).State == MachineState.Stopped, "stopped is seen");
    }

    [Fact]
    public async Task Keys_go_into_a_running_guest_and_into_the_next_seed_of_a_stopped_one()
    {
        await using var server = await ReadyAsync();
        using (var made = await server.Client.PostAsJsonAsync("keys", new CreateKeyRequest { Name = "k" }, WarrenJson.Options)) made.EnsureSuccessStatusCode();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        await Eventually.BecomesAsync(() => server.Get<IHypervisor>().Guest!.PingAsync(machine.Id, default), "the agent answers");
        await SucceedsAsync(server, "machines/a/keys", new InjectKeysRequest { Keys = ["k"] });
        await SucceedsAsync(server, "machines/a/stop", new StopRequest { Force = true });
        await SucceedsAsync(server, "machines/a/keys", new InjectKeysRequest { Keys = ["k"] });
        await using var db = server.Db();
        var row = await db.Machines.SingleAsync();
        row.PublicKeys.Count.ShouldBe(1);
        row.SeedGeneration.ShouldBe(2, "a new instance for cloud-init");
    }

    [Fact]
    public async Task A_start_of_what_runs_already_never_switches_it_off()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        Faults(server).Fail("Start", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.PostAsync("machines/a/start"))).Status.ShouldBe(OperationStatus.Failed);
        Faults(server).Calls.ShouldNotContain(c => c.StartsWith("Kill", StringComparison.Ordinal));
        (await server.Get<IHypervisor>().ObserveAsync(machine.Id, default)).Power.ShouldBe(ObservedPower.On);
        await Eventually.BecomesAsync(async () => (await GetAsync(server, "a")).State == MachineState.Running, "it runs on");
    }

    [Fact]
    public async Task A_machine_that_its_host_has_lost_is_known_again_when_it_is_found()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        var host = (FakeHypervisor)server.Get<IHypervisor>();
        // As by a host whose settings lead elsewhere for a while.
        await host.DeleteAsync(machine.Id, default);
        await Eventually.BecomesAsync(async () => (await GetAsync(server, "a")).State == MachineState.Failed, "it is missed");
        (await GetAsync(server, "a")).Problem!.Type.ShouldEndWith("machine-lost");
        var definition = new MachineDefinition { Id = machine.Id, Name = "a", MemoryMiB = 128, Cpus = 1, DiskGiB = 1, MacAddress = "52:54:00:00:00:01", Boot = new BootMedium(typeof(LeftoverTests).Assembly.Location, "qcow2") };
        await host.CreateAsync(definition, new Progress<double>(), default);
        await host.StartAsync(definition, default);
        await Eventually.BecomesAsync(async () =>
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await GetAsync(server, "a")) is { State: MachineState.Running, Problem: null };
        }, "it is known again");
    }

    private static FakeFaults Faults(TestServer server) => ((FakeHypervisor)server.Get<IHypervisor>()).Faults;

    private async Task<TestServer> ReadyAsync(params string[] settings)
    {
        var server = await StartAsync(settings: settings);
        await server.AddImageAsync();
        await Eventually.BecomesAsync(async () => (await server.Client.GetStringAsync("hosts/local")).Contains("\"usable\":true", StringComparison.Ordinal), "the host is probed");
        return server;
    }

    private static async Task<Machine> GetAsync(TestServer server, string name)
        => (await server.Client.GetFromJsonAsync<Machine>($"machines/{name}", WarrenJson.Options))!;

    private static async Task SucceedsAsync(TestServer server, string path, object? body = null)
    {
        var ended = await server.EndAsync(await server.PostAsync(path, body));
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
    }
}

public sealed class SqliteMachineLifeTests() : MachineLifeTests(null);

public sealed class PostgresMachineLifeTests(PostgresCluster cluster) : MachineLifeTests(cluster);
