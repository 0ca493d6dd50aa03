namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>The server's health and version; open to all.</summary>
    public Task<Health> GetHealthAsync(CancellationToken cancellation = default) => GetAsync<Health>("/health", cancellation);

    /// <summary>What a launch may ask for.</summary>
    public Task<Limits> GetLimitsAsync(CancellationToken cancellation = default) => GetAsync<Limits>("/limits", cancellation);

    /// <summary>Lists hosts.</summary>
    public IAsyncEnumerable<Host> ListHostsAsync(CancellationToken cancellation = default) => PagesAsync<Host>("/hosts", cancellation);

    /// <summary>A host by name.</summary>
    public Task<Host> GetHostAsync(string name, CancellationToken cancellation = default)
        => GetAsync<Host>($"/hosts/{Segment(name)}", cancellation);

    /// <summary>Probes a host anew: what it is, what it can run, with which accelerator.</summary>
    public Task<Host> ProbeHostAsync(string name, CancellationToken cancellation = default)
        => PostAsync<Host>($"/hosts/{Segment(name)}/probe", null, cancellation);
}
