using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Pools;

internal sealed class PoolResizeVerb : Verb
{
    private readonly Argument<string> _name;
    private readonly Option<int?> _target;
    private readonly Option<int?> _min;
    private readonly Option<int?> _max;
    private readonly Option<string> _maxAge;

    public PoolResizeVerb() : base("resize", "Change how many machines a pool keeps; what is not named stays",
        "warren pools resize builders --target 5 --max 20", "warren pools resize builders --max-age none")
    {
        _name = Argument<string>("NAME", "The pool's name or id");
        _target = Option<int?>("--target", "Spares to keep ready", "N");
        _min = Option<int?>("--min", "Tell by an event when fewer spares than this are ready", "N");
        _max = Option<int?>("--max", "Most machines in all", "N");
        _maxAge = Option<string>("--max-age", "Replace a spare after this time; none: never", "TIME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var request = new ResizePoolRequest
        {
            Target = call.Get(_target),
            Min = call.Get(_min),
            Max = call.Get(_max),
            MaxAgeSeconds = call.Get(_maxAge) is "none" ? 0 : PoolCreateVerb.Seconds(call.Get(_maxAge), "--max-age"),
        };
        if (request == new ResizePoolRequest()) throw Refusal.Invalid("--target, --min, --max, --max-age", "name at least one of them");
        var pool = await call.Client.ResizePoolAsync(call.Get(_name), request, cancellation);
        if (call.Screen.Json) call.Screen.WriteJson(pool);
        else call.Screen.WriteLine($"{pool.Name}: {pool.Spares} of {pool.Target} spares, at most {pool.Max} machines");
        return ExitCode.Ok;
    }
}
