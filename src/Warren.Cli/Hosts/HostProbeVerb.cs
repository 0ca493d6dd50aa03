using System.CommandLine;
using Warren.Cli.Terminal;

namespace Warren.Cli.Hosts;

internal sealed class HostProbeVerb : Verb
{
    private readonly Argument<string> _name;

    public HostProbeVerb() : base("probe", "Find out anew what a host can do", "warren hosts probe local")
        => _name = Argument<string>("NAME", "The host's name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var host = await new ProgressDisplay(call.Screen).ShowAsync([call.Get(_name)], parts =>
        {
            parts[0].Report(new ProgressDisplay.Step(0, "probing"));
            return call.Client.ProbeHostAsync(call.Get(_name), cancellation);
        });
        call.Screen.WriteThing(host, HostText.Properties(host, call.Screen.Now));
        return host.Usable ? ExitCode.Ok : ExitCode.Failed;
    }
}
