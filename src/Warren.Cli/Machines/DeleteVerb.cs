using System.CommandLine;
using Warren.Cli.Ssh;

namespace Warren.Cli.Machines;

/// <summary>There is no way back from a delete, so Ctrl-C only ends the waiting.</summary>
internal sealed class DeleteVerb : Verb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _noWait;

    public DeleteVerb() : base("delete", "Delete machines and their disks", "warren delete web", "warren delete web db --no-wait")
    {
        Aliases.Add("rm");
        _names = Several("NAME", "Names or ids of machines");
        _noWait = Option<bool>("--no-wait", "Do not wait until they are gone");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), async name =>
        {
            var operation = await call.Client.DeleteMachineAsync(name, cancellation);
            new MachineFolder(call.Around.ConfigFolder, operation.SubjectId).Delete();
            return operation;
        }, "deleted", !call.Get(_noWait), false, cancellation);
}
