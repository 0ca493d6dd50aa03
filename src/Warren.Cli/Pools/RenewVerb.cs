using System.CommandLine;
using Warren.Contracts;

namespace Warren.Cli.Pools;

internal sealed class RenewVerb : Verb
{
    private readonly Argument<string> _lease;
    private readonly Option<string> _ttl;

    public RenewVerb() : base("renew", "Let a lease end at another time, counted from now", "warren renew mine", "warren renew mine --ttl 4h")
    {
        _lease = Argument<string>("LEASE|MACHINE", "Id of the lease, or name or id of the machine");
        _ttl = Option<string>("--ttl", "How long it lasts from now [the pool's]", "TIME");
    }

    public override async Task<int> RunAsync(Invocation call, CancellationToken cancellation)
    {
        var lease = await call.Client.RenewLeaseAsync(call.Get(_lease), new RenewRequest { TtlSeconds = PoolCreateVerb.Seconds(call.Get(_ttl), "--ttl") }, cancellation);
        call.Screen.WriteThing(lease, PoolText.Properties(lease, call.Screen.Now));
        return ExitCode.Ok;
    }
}
