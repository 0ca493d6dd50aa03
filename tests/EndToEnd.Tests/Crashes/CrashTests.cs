using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Server.Machines.Workflows;

namespace EndToEnd.Tests.Crashes;

/// <summary>
/// The server is killed (SIGKILL, by its own test hook) at each boundary of each step of launch and delete, with real QEMU, and
/// started again, to be killed at the next: nothing is lost and nothing leaks. One operation goes through all of its
/// boundaries, because a server takes seconds to start.
/// </summary>
public sealed class CrashTests : IAsyncLifetime
{
    // A dead server's claim on an operation runs out after this; the default would make each of these tests wait for it.
    private const string ShortLease = "--Operations:LeaseSeconds=3";

    private TestBed _bed = null!;

    public async ValueTask InitializeAsync() => _bed = await TestBed.CreateAsync();

    public ValueTask DisposeAsync() => _bed.DisposeAsync();

    [Fact]
    public async Task A_launch_is_finished_once_however_often_its_server_dies()
    {
        await _bed.StartAsync(ShortLease, KillAt(StepBoundaries.Launch[0]));
        await LaunchAsync("a");
        await _bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Launch.Skip(1)) await _bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await _bed.StartAsync(ShortLease);
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Succeeded);
        var machine = await _bed.Client.GetMachineAsync("a");
        machine.State.ShouldBe(MachineState.Running);
        await ShouldRunOnceAsync(machine);

        // A second one beside it: what the first holds must not be handed out twice.
        await LaunchAsync("b", start: false);
        await ShouldEndAsync(LaunchMachine.Name, "b", OperationStatus.Succeeded);
        var ports = _bed.Traces.PortsInRows();
        ports.Count.ShouldBe(2);
        ports.ShouldBeUnique();
        foreach (var name in new[] { "a", "b" })
            (await _bed.Client.WaitForOperationAsync((await _bed.Client.DeleteMachineAsync(name)).Id)).Status.ShouldBe(OperationStatus.Succeeded);
        _bed.Traces.ShouldBeNone(ports);
    }

    [Fact]
    public async Task A_cancelled_launch_is_undone_however_often_its_server_dies()
    {
        // Dead with QEMU running and that not yet written down: the most there can be to take back. The claim of the dead is
        // left to last long enough for the cancel to come before the launch goes on.
        await _bed.StartAsync(KillAt($"{LaunchMachine.Name}:start:decided"));
        await LaunchAsync("a");
        await _bed.Server.DiesAsync();
        _bed.Traces.Processes().Length.ShouldBe(1);
        var ports = _bed.Traces.PortsInRows();

        await _bed.StartAsync(ShortLease, KillAt(StepBoundaries.Undo[0]));
        await _bed.Client.CancelOperationAsync((await FindAsync(LaunchMachine.Name, "a")).Id);
        await _bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Undo.Skip(1)) await _bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await _bed.StartAsync(ShortLease);
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Cancelled);
        _bed.Traces.ShouldBeNone(ports);
    }

    [Fact]
    public async Task A_deletion_is_finished_however_often_its_server_dies()
    {
        await _bed.StartAsync(ShortLease, KillAt(StepBoundaries.Delete[0]));
        await LaunchAsync("a");
        await ShouldEndAsync(LaunchMachine.Name, "a", OperationStatus.Succeeded);
        var ports = _bed.Traces.PortsInRows();
        Traces.Listening(ports).ShouldBe(ports);
        await AskAsync(() => _bed.Client.DeleteMachineAsync("a"));
        await _bed.Server.DiesAsync();
        foreach (var boundary in StepBoundaries.Delete.Skip(1)) await _bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await _bed.StartAsync(ShortLease);
        await ShouldEndAsync(DeleteMachine.Name, "a", OperationStatus.Succeeded);
        _bed.Traces.ShouldBeNone(ports);
    }

    private static string KillAt(string boundary) => $"--Operations:KillAt={boundary}";

    private Task LaunchAsync(string name, bool start = true) =>
        AskAsync(() => _bed.Client.LaunchMachineAsync(new LaunchRequest { Image = "tiny", Name = name, MemoryMiB = 128, Cpus = 1, Start = start }));

    /// <summary>Asks; the server may die between its commit and its answer.</summary>
    private static async Task AskAsync(Func<Task<Operation>> ask)
    {
        try
        {
            await ask();
        }
        catch (WarrenUnreachableException)
        {
            // What was asked for is looked up at the next server.
        }
    }

    private async Task<Operation> FindAsync(string kind, string machine) =>
        (await _bed.Client.ListOperationsAsync().ToListAsync()).Single(o => o.Kind == kind && o.SubjectName == machine);

    private async Task ShouldEndAsync(string kind, string machine, OperationStatus status)
    {
        var ended = await _bed.Client.WaitForOperationAsync((await FindAsync(kind, machine)).Id);
        ended.Status.ShouldBe(status, ended.Problem?.Detail);
    }

    private async Task ShouldRunOnceAsync(Machine machine)
    {
        _bed.Traces.Processes().ShouldBe([machine.ProcessId!.Value]);
        _bed.Traces.MachineFolders().ShouldBe([machine.Id]);
        _bed.Traces.Incoming().ShouldBeEmpty();
        _bed.Traces.Rows("select id from operations where live").ShouldBeEmpty();
        Traces.Listening(_bed.Traces.PortsInRows()).Length.ShouldBe(1);
        // It is a machine, not only a process: its screen answers through the server.
        await using var screen = await Screen.OpenAsync(_bed.Server, machine.Name);
        screen.Greeting.ShouldBe("RFB 003.008\n");
    }
}
