using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Operations;

internal sealed class OperationCancelVerb : Verb
{
    private readonly Argument<string> _id;

    public OperationCancelVerb() : base("cancel", "Cancel an operation and wait until what it began has been undone", "warren operations cancel 01jd3v")
        => _id = Argument<string>("ID", "The operation's id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var asked = await call.Client.CancelOperationAsync(call.Get(_id), cancellation);
        var ended = await call.Client.WaitForOperationAsync(asked.Id, null, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(ended);
        else call.Screen.Hint($"{ended.SubjectName}: {ended.Kind} {Terminal.Words.Of(ended.Status)}");
        return ended.Status is OperationStatus.Cancelled ? ExitCode.Ok : ExitCode.Conflict;
    }
}
