using System.CommandLine;

namespace Warren.Cli.Hosts;

internal sealed class HostInfoVerb : Verb
{
    private readonly Argument<string> _name;

    public HostInfoVerb() : base("info", "Show a host: what it can do and how it runs guests", "warren hosts info local")
        => _name = Argument<string>("NAME", "The host's name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var host = await call.Client.GetHostAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(host, HostText.Properties(host, call.Screen.Now));
        return ExitCode.Ok;
    }
}
