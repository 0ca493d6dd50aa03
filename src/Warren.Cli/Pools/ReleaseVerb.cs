using System.CommandLine;
using Warren.Cli.Machines;

namespace Warren.Cli.Pools;

/// <summary>There is no way back, so Ctrl-C only ends the waiting.</summary>
internal sealed class ReleaseVerb : Verb
{
    private readonly Argument<string[]> _leases;
    private readonly Option<bool> _noWait;

    public ReleaseVerb() : base("release", "End leases; their machines are deleted with all they hold", "warren release mine", "warren release mine other --no-wait")
    {
        _leases = Several("LEASE|MACHINE", "Ids of leases, or names or ids of machines");
        _noWait = Option<bool>("--no-wait", "Do not wait until the machines are gone");
    }

    public override Task<int> RunAsync(Invocation call, CancellationToken cancellation)
        => PowerChange.RunAsync(call, call.Get(_leases), lease => call.Client.ReleaseAsync(lease, cancellation), "released", !call.Get(_noWait), false, cancellation);
}
