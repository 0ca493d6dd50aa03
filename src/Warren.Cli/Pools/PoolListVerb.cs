namespace Warren.Cli.Pools;

internal sealed class PoolListVerb : Verb
{
    public PoolListVerb() : base("list", "List pools", "warren pools list", "warren pools list --format json") => Aliases.Add("ls");

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var pools = new List<Contracts.Pool>();
        await foreach (var pool in call.Client.ListPoolsAsync(cancellation)) pools.Add(pool);
        call.Screen.WriteList(pools, "No pools. Make one with `warren pools create NAME IMAGE --target 3`.", PoolText.Headings, p => PoolText.Row(p, call.Screen.Now));
        return ExitCode.Ok;
    }
}
