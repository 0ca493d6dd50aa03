using System.CommandLine;
using Warren.Cli.Operations;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

internal sealed class SnapshotCreateVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Option<string> _name;
    private readonly Option<string> _description;
    private readonly Option<bool> _memory;

    public SnapshotCreateVerb() : base("create", "Keep what a machine's disks hold, and its memory if you like", "warren snapshots create web --name before-upgrade --memory")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _name = Option<string>("--name", "Name of the snapshot [the time]", "NAME", "-n");
        _description = Option<string>("--description", "Anything worth knowing", "TEXT");
        _memory = Option<bool>("--memory", "Keep the memory too: to return lets the machine run on from this moment");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new TakeSnapshotRequest { Name = call.Get(_name), Description = call.Get(_description), Memory = call.Get(_memory) };
        var operation = await call.Client.TakeSnapshotAsync(call.Get(_machine), request, cancellation);
        await Following.RequireAsync(call, operation, cancellation);
        // A name made of the time is told by the machine only: it stands on what was just taken.
        await foreach (var snapshot in call.Client.ListSnapshotsAsync(operation.SubjectId, cancellation))
        {
            if (request.Name is null ? !snapshot.Current : snapshot.Name != request.Name) continue;
            if (call.Screen.Json) call.Screen.WriteJson(snapshot);
            else call.Screen.Hint($"{snapshot.Name}: taken, {SnapshotText.Keeps(snapshot)}");
        }

        return ExitCode.Ok;
    }
}
