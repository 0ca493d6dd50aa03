using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Networks;

internal sealed class NetworkCreateVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _name;
    private readonly Option<string> _kind;
    private readonly Option<string> _range;
    private readonly Option<string> _bridge;

    public NetworkCreateVerb() : base("create", "Make a network on a host, for machines that are launched with --network",
        "warren networks create lab class-7 --range 192.168.150.0/24", "warren networks create lab office --kind bridge --bridge br0")
    {
        _host = Argument<string>("HOST", "The host's name");
        _name = Argument<string>("NAME", "Name of the network");
        _kind = Option<string>("--kind", "nat: out through the host; isolated: only each other and the host; bridge: on a bridge of the host [nat]", "KIND");
        _kind.AcceptOnlyFromAmong("nat", "isolated", "bridge");
        _range = Option<string>("--range", "Private IPv4 range [the host chooses]", "A.B.C.0/N");
        _bridge = Option<string>("--bridge", "The host's bridge, with --kind bridge", "NAME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var network = await call.Client.CreateNetworkAsync(call.Get(_host), new CreateNetworkRequest
        {
            Name = call.Get(_name),
            Kind = call.Get(_kind) switch { "isolated" => NetworkKind.Isolated, "bridge" => NetworkKind.Bridge, _ => NetworkKind.Nat },
            Range = call.Get(_range),
            Bridge = call.Get(_bridge),
        }, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(network);
        else call.Screen.Hint($"{network.Name}: made{(network.Range is { } range ? $", {range}" : "")}");
        return ExitCode.Ok;
    }
}
