using System.CommandLine;

namespace Warren.Cli.Networks;

internal sealed class NetworkDeleteVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _name;

    public NetworkDeleteVerb() : base("delete", "Remove a network that was made here; others are never touched", "warren networks delete lab class-7")
    {
        Aliases.Add("rm");
        _host = Argument<string>("HOST", "The host's name");
        _name = Argument<string>("NAME", "Name of the network");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.DeleteNetworkAsync(call.Get(_host), call.Get(_name), cancellation);
        call.Screen.Hint($"{call.Get(_name)}: deleted");
        return ExitCode.Ok;
    }
}
