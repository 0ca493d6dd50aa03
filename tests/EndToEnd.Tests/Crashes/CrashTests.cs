using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Server.Machines.Workflows;

namespace EndToEnd.Tests.Crashes;

/// <summary>
/// The server is killed (SIGKILL, by its own test hook) at each boundary of each step of launch and delete, with real QEMU, and
/// started again, to be killed at the next: nothing is lost and nothing leaks. One operation goes through all of its
/// boundaries, because a server takes seconds to start.
/// </summary>
public sealed class CrashTests : CrashBed
{
    [Fact]
    public async Task A_launch_is_finished_once_however_often_its_server_dies()
    {
        await Bed.StartAsync(ShortLease, KillAt(StepBoundaries.Launch[0]));
        await LaunchAsync("a");
        await Bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Launch.Skip(1)) await Bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await Bed.StartAsync(ShortLease);
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Succeeded);
        var machine = await Bed.Client.GetMachineAsync("a");
        machine.State.ShouldBe(MachineState.Running);
        await ShouldRunOnceAsync(machine);

        // A second one beside it: what the first holds must not be handed out twice.
        await LaunchAsync("b", start: false);
        await ShouldEndAsync(LaunchMachine.Name, "b", OperationStatus.Succeeded);
        var ports = Bed.Traces.PortsInRows();
        ports.Count.ShouldBe(2);
        ports.ShouldBeUnique();
        foreach (var name in new[] { "a", "b" })
            (await Bed.Client.WaitForOperationAsync((await Bed.Client.DeleteMachineAsync(name)).Id)).Status.ShouldBe(OperationStatus.Succeeded);
        Bed.Traces.ShouldBeNone(ports);
    }

    [Fact]
    public async Task A_cancelled_launch_is_undone_however_often_its_server_dies()
    {
        // Dead with QEMU running and that not yet written down: the most there can be to take back. The claim of the dead is
        // left to last long enough for the cancel to come before the launch goes on.
        await Bed.StartAsync("--Operations:LeaseSeconds=60", KillAt($"{LaunchMachine.Name}:start:decided"));
        await LaunchAsync("a");
        await Bed.Server.DiesAsync();
        Bed.Traces.Processes().Length.ShouldBe(1);
        var ports = Bed.Traces.PortsInRows();

        await Bed.StartAsync(ShortLease, KillAt(StepBoundaries.Undo[0]));
        await Bed.Client.CancelOperationAsync((await FindAsync(LaunchMachine.Name, "a")).Id);
        await Bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Undo.Skip(1)) await Bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await Bed.StartAsync(ShortLease);
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Cancelled);
        Bed.Traces.ShouldBeNone(ports);
    }

    [Fact]
    public async Task A_deletion_is_finished_however_often_its_server_dies()
    {
        await Bed.StartAsync(ShortLease, KillAt(StepBoundaries.Delete[0]));
        await LaunchAsync("a");
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Succeeded);
        var ports = Bed.Traces.PortsInRows();
        Traces.Listening(ports).ShouldBe(ports);
        await AskAsync(() => Bed.Client.DeleteMachineAsync("a"));
        await Bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Delete.Skip(1)) await Bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await Bed.StartAsync(ShortLease);
        await ShouldEndAsync(DeleteMachine.Name, "a", OperationStatus.Succeeded);
        Bed.Traces.ShouldBeNone(ports);
    }

    private Task LaunchAsync(string name, bool start = true) =>
        AskAsync(() => Bed.Client.LaunchMachineAsync(new LaunchRequest { Image = "tiny", Name = name, MemoryMiB = 128, Cpus = 1, Start = start }));

    private async Task ShouldRunOnceAsync(Machine machine)
    {
        Bed.Traces.Processes().ShouldBe([machine.ProcessId!.Value]);
        Bed.Traces.MachineFolders().ShouldBe([machine.Id]);
        Bed.Traces.Incoming().ShouldBeEmpty();
        Bed.Traces.Rows("select id from operations where live").ShouldBeEmpty();
        Traces.Listening(Bed.Traces.PortsInRows()).Length.ShouldBe(1);
        // It is a machine, not only a process: its screen answers through the server.
        await using var screen = await Screen.OpenAsync(Bed.Server, machine.Name);
        screen.Greeting.ShouldBe("RFB 003.008\n");
    }
}
