using System.CommandLine;
using Warren.Cli.Machines;

namespace Warren.Cli.Images;

internal sealed class ImageDeleteVerb : Verb
{
    private readonly Argument<string[]> _names;

    public ImageDeleteVerb() : base("delete", "Remove images that no machine uses", "warren images delete debian-12")
    {
        Aliases.Add("rm");
        _names = Several("NAME", "Names or ids of images");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_names), name => call.Client.DeleteImageAsync(name, cancellation), "deleted", wait: true, cancelToo: false, cancellation);
}
