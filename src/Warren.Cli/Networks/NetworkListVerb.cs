using System.CommandLine;
using Warren.Cli.Terminal;
using Warren.Contracts;

namespace Warren.Cli.Networks;

internal sealed class NetworkListVerb : Verb
{
    private static readonly string[] s_headings = ["NAME", "KIND", "RANGE", "BRIDGE", "STATUS", "OURS"];
    private readonly Argument<string> _host;

    public NetworkListVerb() : base("list", "List the networks of a host, ours or not", "warren networks list lab")
    {
        Aliases.Add("ls");
        _host = Argument<string>("HOST", "The host's name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var networks = new List<Network>();
        await foreach (var network in call.Client.ListNetworksAsync(call.Get(_host), cancellation)) networks.Add(network);
        call.Screen.WriteList(networks, "No networks.", s_headings, n =>
            [n.Name, Words.Of(n.Kind), Cell.OrDash(n.Range), Cell.OrDash(n.Bridge), n.Active ? "up" : new Cell("down", Ink.Faint), n.Ours ? "yes" : "no"]);
        return ExitCode.Ok;
    }
}
