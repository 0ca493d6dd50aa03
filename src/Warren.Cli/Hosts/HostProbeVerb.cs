using System.CommandLine;

namespace Warren.Cli.Hosts;

internal sealed class HostProbeVerb : Verb
{
    private readonly Argument<string> _name;

    public HostProbeVerb() : base("probe", "Find out anew how a host stands and what it can do", "warren hosts probe local")
        => _name = Argument<string>("NAME", "The host's name");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var host = await HostProbing.ProbeAsync(call, call.Get(_name), cancellation);
        call.Screen.WriteThing(host, HostText.Properties(host, call.Screen.Now));
        return host.Status.State is Contracts.HostState.Online ? ExitCode.Ok : ExitCode.Failed;
    }
}
