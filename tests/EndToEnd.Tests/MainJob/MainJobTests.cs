using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.MainJob;

/// <summary>What Warren is for: machines are launched, reached, outlive the server, and go without a trace.</summary>
[Collection(AloneCollection.Name)]
public sealed class MainJobTests
{
    private static readonly string[] s_names = ["a", "b"];

    [Fact]
    public async Task Machines_are_launched_reached_survive_the_server_and_go_without_a_trace()
    {
        await using var bed = await TestBed.CreateAsync(debian: true);
        await bed.StartAsync();
        await TinyIsReadyWithinAMinuteAsync(bed);
        await DebianIsConfiguredAndReachedAsync(bed);

        var before = await LookAsync(bed);
        await bed.Server.KillAsync();
        bed.Traces.Processes().ShouldBe(before.Select(m => m.ProcessId!.Value).Order(), ignoreOrder: false, "machines outlive the server");
        await bed.StartAsync();
        await Eventually.TrueAsync("both machines are adopted", async () => (await LookAsync(bed)).All(m => m is { State: MachineState.Running, ProcessId: not null }));
        var after = await LookAsync(bed);
        after.Select(m => m.ProcessId).ShouldBe(before.Select(m => m.ProcessId));
        after.Select(m => m.Ssh).ShouldBe(before.Select(m => m.Ssh));
        await using (var screen = await Screen.OpenAsync(bed.Server, "a")) screen.Greeting.ShouldBe("RFB 003.008\n");
        await using (var screen = await Screen.OpenAsync(bed.Server, "b")) screen.Greeting.ShouldBe("RFB 003.008\n");
        (await bed.SshAsync("a", "hostname")).ShouldBe("a");
        (await bed.SshAsync("b", "hostname")).ShouldBe("b");

        var ports = bed.Traces.PortsInRows();
        Traces.Listening(ports).ShouldBe(ports, ignoreOrder: false, "before the deletion they do listen");
        await bed.Warren.RunAsync("delete", "a", "b");
        bed.Traces.ShouldBeNone(ports);
    }

    private static async Task TinyIsReadyWithinAMinuteAsync(TestBed bed)
    {
        await bed.StoreTinyAsync();
        var began = TimeProvider.System.GetTimestamp();
        await bed.Warren.RunAsync("launch", "tiny", "--name", "a");
        (await bed.Warren.RunAsync("wait", "a", "--for", "agent")).ShouldContain("agent");
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    private static async Task DebianIsConfiguredAndReachedAsync(TestBed bed)
    {
        await bed.Warren.RunAsync("keys", "create", "k");
        await bed.Warren.RunAsync("launch", "debian-12", "--name", "b", "--key", "k");
        // Minutes of emulated CPU, beside other suites; how long is the bench's to say.
        await bed.Warren.RunAsync("wait", "b", "--for", "ssh", "--timeout", "15m");
        (await bed.SshAsync("b", "cloud-init", "status", "--wait")).ShouldEndWith("status: done");
        (await bed.SshAsync("b", "hostname")).ShouldBe("b");
        await bed.Warren.RunAsync("wait", "b", "--for", "cloud-init", "--timeout", "15m");
        (await bed.InfoAsync("b")).Readiness.CloudInit.ShouldBe(CloudInitStatus.Done);
    }

    private static async Task<Machine[]> LookAsync(TestBed bed) => [await bed.InfoAsync(s_names[0]), await bed.InfoAsync(s_names[1])];
}

/// <summary>Not beside others: a Debian guest that shares two cores takes longer than people wait for theirs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
