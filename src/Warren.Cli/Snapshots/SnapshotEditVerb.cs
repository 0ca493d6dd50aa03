using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

internal sealed class SnapshotEditVerb : Verb
{
    private readonly Argument<string> _machine;
    private readonly Argument<string> _snapshot;
    private readonly Option<string> _name;
    private readonly Option<string> _description;

    public SnapshotEditVerb() : base("edit", "Rename or describe a snapshot", "warren snapshots edit web 20261122-101500 --name good --description 'all tests pass'")
    {
        _machine = Argument<string>("MACHINE", "The machine's name or id");
        _snapshot = Argument<string>("SNAPSHOT", "The snapshot's name or id");
        _name = Option<string>("--name", "New name", "NAME", "-n");
        _description = Option<string>("--description", "New description; empty for none", "TEXT");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new EditSnapshotRequest { Name = call.Get(_name), Description = call.Get(_description) };
        if (request is { Name: null, Description: null }) throw Refusal.Invalid("--name, --description", "name at least one of them");
        var snapshot = await call.Client.EditSnapshotAsync(call.Get(_machine), call.Get(_snapshot), request, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(snapshot);
        else call.Screen.Hint($"{snapshot.Name}: changed");
        return ExitCode.Ok;
    }
}
