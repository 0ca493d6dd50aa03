namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>The server's health and version; open to all.</summary>
    public Task<Health> GetHealthAsync(CancellationToken cancellation = default) => GetAsync<Health>("/health", cancellation);

    /// <summary>Lists hosts.</summary>
    public IAsyncEnumerable<Host> ListHostsAsync(CancellationToken cancellation = default) => PagesAsync<Host>("/hosts", cancellation);

    /// <summary>A host by name.</summary>
    public Task<Host> GetHostAsync(string name, CancellationToken cancellation = default)
        => GetAsync<Host>($"/hosts/{Segment(name)}", cancellation);

    /// <summary>Probes a host anew: what it is, what it can run, with which accelerator.</summary>
    public Task<Host> ProbeHostAsync(string name, CancellationToken cancellation = default)
        => PostAsync<Host>($"/hosts/{Segment(name)}/probe", null, cancellation);

    /// <summary>Kinds of hypervisors, with their settings.</summary>
    public IAsyncEnumerable<Hypervisor> ListHypervisorsAsync(CancellationToken cancellation = default) => PagesAsync<Hypervisor>("/hypervisors", cancellation);

    /// <summary>Adds a host.</summary>
    public Task<Host> AddHostAsync(AddHostRequest request, CancellationToken cancellation = default) => PostAsync<Host>("/hosts", request, cancellation);

    /// <summary>Changes a host's settings, labels or limits.</summary>
    public Task<Host> EditHostAsync(string name, EditHostRequest request, CancellationToken cancellation = default)
        => PatchAsync<Host>($"/hosts/{Segment(name)}", request, cancellation);

    /// <summary>Removes a host that has no machines.</summary>
    public Task RemoveHostAsync(string name, CancellationToken cancellation = default) => DeleteAsync<Nothing>($"/hosts/{Segment(name)}", cancellation);

    /// <summary>Lets a host take no new machines, or lets it again.</summary>
    public Task<Host> DrainHostAsync(string name, bool on, CancellationToken cancellation = default)
        => PostAsync<Host>($"/hosts/{Segment(name)}/{(on ? "drain" : "undrain")}", null, cancellation);

    /// <summary>Machines on a host, ours and foreign.</summary>
    public IAsyncEnumerable<HostMachine> ListHostMachinesAsync(string name, CancellationToken cancellation = default)
        => PagesAsync<HostMachine>($"/hosts/{Segment(name)}/machines", cancellation);

    /// <summary>Takes a foreign machine into our care.</summary>
    public Task<Operation> AdoptAsync(string host, string nativeName, AdoptRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/hosts/{Segment(host)}/machines/{Segment(nativeName)}/adopt", request, cancellation);

    /// <summary>Networks of a host.</summary>
    public IAsyncEnumerable<Network> ListNetworksAsync(string host, CancellationToken cancellation = default)
        => PagesAsync<Network>($"/hosts/{Segment(host)}/networks", cancellation);

    /// <summary>Makes a network on a host.</summary>
    public Task<Network> CreateNetworkAsync(string host, CreateNetworkRequest request, CancellationToken cancellation = default)
        => PostAsync<Network>($"/hosts/{Segment(host)}/networks", request, cancellation);

    /// <summary>Removes a network that was made here.</summary>
    public Task DeleteNetworkAsync(string host, string network, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/hosts/{Segment(host)}/networks/{Segment(network)}", cancellation);

    /// <summary>Storage of a host.</summary>
    public IAsyncEnumerable<Storage> ListStorageAsync(string host, CancellationToken cancellation = default)
        => PagesAsync<Storage>($"/hosts/{Segment(host)}/storage", cancellation);

    /// <summary>Uses a folder of a host for disks.</summary>
    public Task<Storage> CreateStorageAsync(string host, CreateStorageRequest request, CancellationToken cancellation = default)
        => PostAsync<Storage>($"/hosts/{Segment(host)}/storage", request, cancellation);

    /// <summary>Forgets storage that was made here.</summary>
    public Task DeleteStorageAsync(string host, string storage, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/hosts/{Segment(host)}/storage/{Segment(storage)}", cancellation);
}
