using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>Three hosts, one of which hangs, loses its connections or talks rubbish: the others notice nothing, and it comes back by itself.</summary>
public abstract class HostFailureTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    private static readonly string[] Quick =
        ["Hosts:CallLimits:*=00:00:00.500", "Hosts:LookEvery=00:00:00.200", "Hosts:ProbeAgainAtMost=00:00:01", "Operations:Parallel=4"];

    public static TheoryData<string> Ills() => ["hang", "drop", "rubbish"];

    [Theory, MemberData(nameof(Ills))]
    public async Task An_ill_host_takes_nobody_else_with_it_and_recovers(string ill)
    {
        await using var server = await StartAsync(Quick);
        await server.AddImageAsync();
        await AddAsync(server, "fake", "a", "b", "c");
        foreach (var host in new[] { "a", "b", "c" }) await server.LaunchAsync(new LaunchRequest { Name = "on-" + host, Image = "tiny", Host = host });
        var faults = await FaultsAsync(server, "b");
        MakeIll(faults, ill);

        await BecomesAsync(server, "on-b", MachineState.Unknown);
        (await MachineAsync(server, "on-b")).Problem!.Detail!.ShouldContain("host 'b'");
        await BecomesAsync(server, "b", h => h.Status.State == HostState.Unreachable, "unreachable");
        var status = (await GetAsync(server, "b")).Status;
        status.ShouldSatisfyAllConditions(
            s => s.Reason!.ShouldContain("host 'b'"), s => s.Remedy!.ShouldContain("warren hosts show b"), s => s.Tried.ShouldContain("Imitation"), s => s.Since.ShouldNotBeNull());

        // Something is asked of it all the same; the others go on as ever.
        var stuck = await server.PostAsync("machines/on-b/stop", new StopRequest { Force = true });
        foreach (var host in new[] { "a", "c" })
        {
            await SucceedsAsync(server, $"machines/on-{host}/restart", new StopRequest { Force = true });
            (await MachineAsync(server, "on-" + host)).State.ShouldBe(MachineState.Running);
            (await GetAsync(server, host)).Status.State.ShouldBe(HostState.Online);
            await server.LaunchAsync(new LaunchRequest { Name = "more-" + host, Image = "tiny", Host = host });
        }

        (await server.Client.GetFromJsonAsync<Operation>($"operations/{stuck.Id}", WarrenJson.Options))!.Ended.ShouldBeFalse("nobody waited for it");
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"b"}""", 409)).Detail!.ShouldContain("is unreachable");

        faults.Clear();
        await BecomesAsync(server, "b", h => h.Status.State == HostState.Online, "online again");
        (await server.EndAsync(stuck)).Status.ShouldBe(OperationStatus.Succeeded, "what was asked of it meanwhile is done now");
        await BecomesAsync(server, "on-b", MachineState.Stopped);
        await SucceedsAsync(server, "machines/on-b/start");
    }

    [Theory, MemberData(nameof(Ills))]
    public async Task A_machine_that_ran_on_is_seen_running_again(string ill)
    {
        await using var server = await StartAsync(Quick);
        await server.AddImageAsync();
        await AddAsync(server, "fake", "b");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "b" });
        var faults = await FaultsAsync(server, "b");
        MakeIll(faults, ill);
        await BecomesAsync(server, "m", MachineState.Unknown);
        faults.Clear();
        await BecomesAsync(server, "m", MachineState.Running);
        (await MachineAsync(server, "m")).Problem.ShouldBeNull();
    }

    [Fact]
    public async Task Launches_that_hang_on_one_host_leave_the_slots_of_the_others_alone()
    {
        await using var server = await StartAsync("Operations:Parallel=2", "Hosts:CallLimits:Create=00:10:00");
        await server.AddImageAsync();
        await AddAsync(server, "fake", "a", "b");
        (await FaultsAsync(server, "b")).Hang("Create");
        for (var i = 0; i < 6; i++) await server.PostAsync("machines", new LaunchRequest { Name = $"b{i}", Image = "tiny", Host = "b" });
        var faults = await FaultsAsync(server, "b");
        await Eventually.BecomesAsync(() => Task.FromResult(faults.Calls.Count(c => c.StartsWith("Create ", StringComparison.Ordinal)) == 2), "both slots hang");
        (await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", Host = "a" })).State.ShouldBe(MachineState.Running);
        faults.Calls.Count(c => c.StartsWith("Create ", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_can_be_added_and_says_what_was_tried()
    {
        await using var server = await StartAsync([.. Quick, "Hosts:CallLimits:Probe=00:00:01"]);
        var added = await AddAsync(server, new AddHostRequest { Name = "d", Hypervisor = "fake", Settings = Settings(("delays:Probe", "00:05:00")) });
        added.Status.State.ShouldBe(HostState.Pending);
        added.Usable.ShouldBeFalse();
        await BecomesAsync(server, "d", h => h.Status.State == HostState.Unreachable, "unreachable");
        var host = await GetAsync(server, "d");
        host.Status.ShouldSatisfyAllConditions(
            s => s.Tried.ShouldBe("a probe of it as Imitation with delays:Probe=00:05:00"), s => s.Reason!.ShouldBe("host 'd' did not answer Probe within 1 s"), s => s.Remedy.ShouldNotBeNull());
        host.Problems.ShouldHaveSingleItem();
        (await GetAsync(server, "local")).Usable.ShouldBeTrue();

        using var patch = await server.Client.PatchAsync("hosts/d", new StringContent("""{"settings":{"delays:Probe":null}}""", System.Text.Encoding.UTF8, "application/json"));
        patch.EnsureSuccessStatusCode();
        await BecomesAsync(server, "d", h => h.Usable, "usable once it is set right");
    }

    private static void MakeIll(FakeFaults faults, string ill)
    {
        if (ill == "hang") faults.Hang("*");
        else if (ill == "drop") faults.Drop("*");
        else faults.Rubbish("*");
    }
}

public sealed class SqliteHostFailureTests() : HostFailureTests(null);

public sealed class PostgresHostFailureTests(PostgresCluster cluster) : HostFailureTests(cluster);
