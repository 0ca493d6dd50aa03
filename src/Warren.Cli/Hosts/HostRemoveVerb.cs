using System.CommandLine;

namespace Warren.Cli.Hosts;

internal sealed class HostRemoveVerb : Verb
{
    private readonly Argument<string> _name;

    public HostRemoveVerb() : base("remove", "Forget a host that has no machines of ours; nothing on it is touched", "warren hosts remove lab")
    {
        Aliases.Add("rm");
        _name = Argument<string>("NAME", "The host's name");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.RemoveHostAsync(call.Get(_name), cancellation);
        call.Screen.Hint($"{call.Get(_name)}: removed");
        return ExitCode.Ok;
    }
}
