using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Snapshots;

internal sealed class SnapshotListVerb : Verb
{
    private readonly Argument<string> _machine;

    public SnapshotListVerb() : base("list", "Show a machine's snapshots as a tree, and where it is in it", "warren snapshots list web")
    {
        Aliases.Add("ls");
        _machine = Argument<string>("MACHINE", "The machine's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var snapshots = new List<Snapshot>();
        await foreach (var snapshot in call.Client.ListSnapshotsAsync(call.Get(_machine), cancellation)) snapshots.Add(snapshot);
        var tree = SnapshotText.Tree(snapshots);
        var limbs = tree.ToDictionary(t => t.Snapshot.Id, t => t.Limb, StringComparer.Ordinal);
        call.Screen.WriteList([.. tree.Select(t => t.Snapshot)], $"No snapshots. Take one: warren snapshots create {call.Get(_machine)}",
            SnapshotText.Headings, s => SnapshotText.Row(s, limbs[s.Id], call.Screen.Now));
        if (snapshots.Count > 0 && !snapshots.Exists(s => s.Current)) call.Screen.Hint("The machine stands on none of them.");
        return ExitCode.Ok;
    }
}
