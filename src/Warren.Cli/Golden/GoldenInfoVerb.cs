using System.CommandLine;

namespace Warren.Cli.Golden;

internal sealed class GoldenInfoVerb : Verb
{
    private readonly Argument<string> _name;

    public GoldenInfoVerb() : base("info", "Show a golden image", "warren golden info dev", "warren golden info dev@2")
        => _name = Argument<string>("NAME", "Name (its newest version), NAME@VERSION or id");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var image = await call.Client.GetGoldenImageAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(image, GoldenText.Properties(image));
        return ExitCode.Ok;
    }
}
