using Warren.Cli.Hosts;
using Warren.Contracts;

namespace Warren.Cli.Networks;

internal sealed class NetworkDeleteVerb()
    : HostPartDeleteVerb("network", "Remove a network that was made here; others are never touched", "warren networks delete lab class-7", "deleted")
{
    protected override Task DeleteAsync(WarrenClient client, string host, string name, CancellationToken cancellation)
        => client.DeleteNetworkAsync(host, name, cancellation);
}
