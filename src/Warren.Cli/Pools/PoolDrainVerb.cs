using System.CommandLine;

namespace Warren.Cli.Pools;

/// <summary><c>drain</c> and <c>resume</c>.</summary>
internal sealed class PoolDrainVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly bool _on;

    public PoolDrainVerb(bool on) : base(
        on ? "drain" : "resume", on ? "Let a pool lend nothing and delete its spares; what is lent stays" : "Let a pool lend and fill again", $"warren pools {(on ? "drain" : "resume")} builders")
    {
        _on = on;
        _name = Argument<string>("NAME", "The pool's name or id");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var pool = await call.Client.DrainPoolAsync(call.Get(_name), _on, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(pool);
        else call.Screen.WriteLine($"{pool.Name}: {(_on ? "draining" : "active")}, {pool.Lent} lent");
        return ExitCode.Ok;
    }
}
