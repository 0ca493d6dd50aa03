using System.CommandLine;
using Warren.Cli.Operations;

namespace Warren.Cli.Golden;

internal sealed class GoldenReadyVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<bool> _noWait;

    public GoldenReadyVerb() : base("ready", "Say that the machine has been prepared by hand: it is frozen now", "warren golden ready dev")
    {
        _name = Argument<string>("NAME", "Name (its newest version), NAME@VERSION or id");
        _noWait = Option<bool>("--no-wait", "Print the operation and do not wait for it");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => await Following.ShowAsync(call, await call.Client.MarkGoldenImageReadyAsync(call.Get(_name), cancellation), !call.Get(_noWait), call.Client.GetGoldenImageAsync, GoldenText.Properties, cancellation);
}
