using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

internal sealed class SnapshotDeleteVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string[]> _snapshots;

    public SnapshotDeleteVerb() : base("delete", "Forget snapshots; the machine and its other snapshots keep what they hold", "warren snapshots delete web before-upgrade", "warren snapshots delete web monday tuesday")
    {
        Aliases.Add("rm");
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _snapshots = Several("SNAPSHOT", "Names or ids of snapshots");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var code = ExitCode.Ok;
        // One after the other: a machine takes one change at a time. One that is refused does not keep the others from it.
        foreach (var snapshot in call.Get(_snapshots).Distinct())
        {
            try
            {
                var ended = await Following.RequireAsync(call, await call.Client.DeleteSnapshotAsync(call.Get(_machine), snapshot, cancellation), cancellation);
                if (call.Screen.Json) call.Screen.WriteJson(ended);
                else call.Screen.Hint($"{snapshot}: deleted");
            }
            catch (WarrenException e) when (e is not WarrenUnreachableException)
            {
                call.Screen.Report(e.Problem, call.Get(_snapshots).Length > 1 ? snapshot : null);
                if (code == ExitCode.Ok) code = ExitCode.Of(e.Problem);
            }
        }

        return code;
    }
}
