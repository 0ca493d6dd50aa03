using System.CommandLine;

namespace Warren.Cli.Operations;

internal sealed class OperationInfoVerb : Verb
{
    private readonly Argument<string> _id;

    public OperationInfoVerb() : base("info", "Show an operation", "warren operations info 01jd3v")
        => _id = Argument<string>("ID", "The operation's id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var operation = await call.Client.GetOperationAsync(call.Get(_id), cancellation);
        call.Screen.WriteThing(operation, OperationText.Properties(operation, call.Screen.Now));
        return ExitCode.Ok;
    }
}
