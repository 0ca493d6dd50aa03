using Warren.Contracts;
using Warren.Server.Images.Golden.Workflows;
using Warren.Server.Machines.Workflows;
using Warren.Server.Snapshots.Workflows;

namespace EndToEnd.Tests.Crashes;

/// <summary>
/// The same for what freezes machines and makes others of them: snapshots, golden images, forks, with real QEMU and a guest that
/// runs on through all of it.
/// </summary>
[Trait("Length", "long")]
public sealed class ForkCrashTests : CrashBed
{
    [Fact]
    public async Task Snapshots_are_taken_restored_and_deleted_once_however_often_the_server_dies()
    {
        await RunningAsync();
        await SurvivesAsync(TakeSnapshot.Name, "a", StepBoundaries.Of(new TakeSnapshot()), () => Bed.Client.TakeSnapshotAsync("a", new TakeSnapshotRequest { Name = "s", Memory = true }));
        (await Bed.Client.GetMachineAsync("a")).State.ShouldBe(MachineState.Running);
        (await Bed.SshAsync("a", "echo", "later", ">", "/tmp/word;", "echo", "written")).ShouldBe("written");
        await SurvivesAsync(RestoreSnapshot.Name, "a", StepBoundaries.Of(new RestoreSnapshot()), () => Bed.Client.RestoreSnapshotAsync("a", "s"));
        (await Bed.SshAsync("a", "test -e /tmp/word || echo as it was")).ShouldBe("as it was");
        await SurvivesAsync(DeleteSnapshot.Name, "a", StepBoundaries.Of(new DeleteSnapshot()), () => Bed.Client.DeleteSnapshotAsync("a", "s"));
        Bed.Traces.Rows("select name from snapshots").ShouldBeEmpty();
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task Golden_images_and_forks_are_made_once_however_often_the_server_dies()
    {
        await RunningAsync();
        // A warm one is frozen while the machine runs.
        await SurvivesAsync(BuildGoldenImage.Name, "g@1", StepBoundaries.Of(new BuildGoldenImage(), "stop", "ask", "off", "restart"),
            () => Bed.Client.CreateGoldenImageAsync(new CreateGoldenImageRequest { Name = "g", Machine = "a", Kind = GoldenImageKind.Warm, Prepare = "echo prepared > /root/prepared" }));
        (await Bed.Client.GetGoldenImageAsync("g")).State.ShouldBe(GoldenImageState.Ready);
        await SurvivesAsync(LaunchGolden.Name, "f", StepBoundaries.Of(new LaunchGolden(null!), "start"), () => Bed.Client.LaunchMachineAsync(new LaunchRequest { Name = "f", GoldenImage = "g" }));
        (await Bed.SshAsync("f", "cat", "/root/prepared;", "hostname")).ShouldBe("prepared\nf");
        await SurvivesAsync(ForkMachine.Name, "a", StepBoundaries.Of(new ForkMachine(null!, TimeProvider.System)), () => Bed.Client.ForkMachineAsync("a", new ForkRequest { Name = "k", Count = 2 }));
        string[] names = ["a", "f", "k-1", "k-2"];
        (await Bed.Client.ListMachinesAsync().ToListAsync()).Select(m => (m.Name, m.State)).ShouldBe(names.Select(n => (n, MachineState.Running)), ignoreOrder: true);
        Bed.Traces.Processes().Length.ShouldBe(names.Length);
        foreach (var name in names) (await Bed.SshAsync(name, "hostname")).ShouldBe(name);

        await DeleteAsync("f");
        await SurvivesAsync(DeleteGoldenImage.Name, "g@1", StepBoundaries.Of(new DeleteGoldenImage()), () => Bed.Client.DeleteGoldenImageAsync("g"));
        await NothingIsLeftAsync();
    }

    private async Task RunningAsync()
    {
        await Bed.StartAsync(ShortLease);
        await Bed.Warren.RunAsync("launch", "tiny", "--name", "a", "--memory", "192M", "--cpus", "1");
        await Bed.Warren.RunAsync("wait", "a", "--for", "ssh");
    }

    private async Task DeleteAsync(string machine) =>
        (await Bed.Client.WaitForOperationAsync((await Bed.Client.DeleteMachineAsync(machine)).Id)).Status.ShouldBe(OperationStatus.Succeeded);

    private async Task NothingIsLeftAsync()
    {
        var ports = Bed.Traces.PortsInRows();
        foreach (var machine in await Bed.Client.ListMachinesAsync().ToListAsync()) await DeleteAsync(machine.Name);
        Bed.Traces.ShouldBeNone(ports);
    }
}
