using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Hosts;

/// <summary>Removes something that was made on a host: a network, storage.</summary>
internal abstract class HostPartDeleteVerb : Verb
{
    private readonly Argument<string> _host;
    private readonly Argument<string> _name;
    private readonly string _done;

    protected HostPartDeleteVerb(string what, string description, string example, string done) : base("delete", description, example)
    {
        Aliases.Add("rm");
        _host = Argument<string>("HOST", "The host's name");
        _name = Argument<string>("NAME", "Name of the " + what);
        _done = done;
    }

    public sealed override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await DeleteAsync(call.Client, call.Get(_host), call.Get(_name), cancellation);
        call.Screen.Hint($"{call.Get(_name)}: {_done}");
        return ExitCode.Ok;
    }

    protected abstract Task DeleteAsync(WarrenClient client, string host, string name, CancellationToken cancellation);
}
