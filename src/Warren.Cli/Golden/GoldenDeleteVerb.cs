using System.CommandLine;
using Warren.Cli.Machines;

namespace Warren.Cli.Golden;

internal sealed class GoldenDeleteVerb : Verb
{
    private readonly Argument<string[]> _names;

    public GoldenDeleteVerb() : base("delete", "Remove golden images that no machine came from", "warren golden delete dev@1")
    {
        Aliases.Add("rm");
        _names = Several("NAME", "Names (the newest version), NAME@VERSION or ids");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), name => call.Client.DeleteGoldenImageAsync(name, cancellation), "deleted", wait: true, cancelToo: false, cancellation);
}
