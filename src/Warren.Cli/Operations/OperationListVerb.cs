using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Operations;

internal sealed class OperationListVerb : Verb
{
    private readonly Option<bool> _live;
    private readonly Option<string> _subject;

    public OperationListVerb() : base("list", "List operations, newest first", "warren operations list --live", "warren operations list --machine web")
    {
        Aliases.Add("ls");
        _live = Option<bool>("--live", "Only those that have not ended");
        _subject = Option<string>("--machine", "Only those on this machine", "NAME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var subject = call.Get(_subject) is { } name ? (await call.Client.GetMachineAsync(name, cancellation)).Id : null;
        var operations = new List<Operation>();
        await foreach (var operation in call.Client.ListOperationsAsync(subject, call.Get(_live) ? false : null, cancellation)) operations.Add(operation);
        call.Screen.WriteList(operations, "No operations.", OperationText.Headings, o => OperationText.Row(o, call.Screen.Now));
        return ExitCode.Ok;
    }
}
