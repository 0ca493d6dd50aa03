using Warren.Cli.Hosts;
using Warren.Contracts;

namespace Warren.Cli.Storage;

internal sealed class StorageDeleteVerb()
    : HostPartDeleteVerb("storage", "Forget storage that was made here; a folder that is not empty stays", "warren storage delete lab fast", "forgotten")
{
    protected override Task DeleteAsync(WarrenClient client, string host, string name, CancellationToken cancellation)
        => client.DeleteStorageAsync(host, name, cancellation);
}
