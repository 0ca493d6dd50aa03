using System.CommandLine;

namespace Warren.Cli.Pools;

internal sealed class PoolDeleteVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<bool> _force;

    public PoolDeleteVerb() : base("delete", "Delete a pool with its spares", "warren pools delete builders", "warren pools delete builders --force")
    {
        Aliases.Add("rm");
        _name = Argument<string>("NAME", "The pool's name or id");
        _force = Option<bool>("--force", "Delete the machines that are lent, too");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        await call.Client.DeletePoolAsync(call.Get(_name), call.Get(_force), cancellation);
        call.Screen.Hint($"{call.Get(_name)}: deleted");
        return ExitCode.Ok;
    }
}
