using System.CommandLine;

namespace Warren.Cli.Pools;

internal sealed class PoolInfoVerb : Verb
{
    private readonly Argument<string> _name;

    public PoolInfoVerb() : base("info", "Show one pool: its machines, limits and figures", "warren pools info builders")
    {
        Aliases.Add("show");
        _name = Argument<string>("NAME", "The pool's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var pool = await call.Client.GetPoolAsync(call.Get(_name), cancellation);
        call.Screen.WriteThing(pool, PoolText.Properties(pool, call.Screen.Now));
        return ExitCode.Ok;
    }
}
