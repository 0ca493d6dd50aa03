using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Operations;

/// <summary>Watching only: Ctrl-C ends the watching and leaves the operation alone.</summary>
internal sealed class OperationWatchVerb : Verb
{
    private readonly Argument<string> _id;

    public OperationWatchVerb() : base("watch", "Show an operation's progress until it ends", "warren operations watch 01jd3v")
        => _id = Argument<string>("ID", "The operation's id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var operation = await call.Client.GetOperationAsync(call.Get(_id), cancellation);
        var ended = operation.Ended ? operation : await Following.WatchAsync(call, operation, cancellation);
        call.Screen.WriteThing(ended, OperationText.Properties(ended, call.Screen.Now));
        return ended.Status is OperationStatus.Succeeded ? ExitCode.Ok : ExitCode.Of(OperationText.ProblemOf(ended));
    }
}
