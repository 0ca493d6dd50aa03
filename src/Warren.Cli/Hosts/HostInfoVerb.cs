using System.CommandLine;

namespace Warren.Cli.Hosts;

internal sealed class HostInfoVerb : Verb
{
    private readonly Argument<string> _name;

    public HostInfoVerb() : base("show", "Show a host: how it stands, what it can do and how it runs guests", "warren hosts show local")
    {
        Aliases.Add("info");
        _name = Argument<string>("NAME", "The host's name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var host = await call.Client.GetHostAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(host, HostText.Properties(host, call.Screen.Now));
        return ExitCode.Ok;
    }
}
