using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

internal sealed class SnapshotRestoreVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string> _snapshot;

    public SnapshotRestoreVerb() : base("restore", "Return a machine to a snapshot; what it wrote since is lost", "warren snapshots restore web before-upgrade")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _snapshot = Argument<string>("SNAPSHOT", "The snapshot's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var operation = await call.Client.RestoreSnapshotAsync(call.Get(_machine), call.Get(_snapshot), cancellation);
        await Following.RequireAsync(call, operation, cancellation);
        var machine = await call.Client.GetMachineAsync(operation.SubjectId, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(machine);
        else if (machine.State is MachineState.Running) call.Screen.Hint($"{machine.Name}: back at {call.Get(_snapshot)}, and runs on from there");
        else call.Screen.Hint($"{machine.Name}: back at {call.Get(_snapshot)}, and off; start it with `warren start {machine.Name}`");
        return ExitCode.Ok;
    }
}
