namespace Warren.Contracts;

/// <summary>Pools of machines that are kept ready, and claims on them.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Lists pools, newest first.</summary>
    public IAsyncEnumerable<Pool> ListPoolsAsync(CancellationToken cancellation = default) => PagesAsync<Pool>("/pools", cancellation);

    /// <summary>A pool by name or id.</summary>
    public Task<Pool> GetPoolAsync(string pool, CancellationToken cancellation = default) => GetAsync<Pool>($"/pools/{Segment(pool)}", cancellation);

    /// <summary>Makes a pool; it begins to fill at once.</summary>
    public Task<Pool> CreatePoolAsync(CreatePoolRequest request, CancellationToken cancellation = default) => PostAsync<Pool>("/pools", request, cancellation);

    /// <summary>Changes how many machines it keeps, and for how long.</summary>
    public Task<Pool> ResizePoolAsync(string pool, ResizePoolRequest request, CancellationToken cancellation = default)
        => PatchAsync<Pool>($"/pools/{Segment(pool)}", request, cancellation);

    /// <summary>Lets a pool lend nothing and delete its spares, or lets it lend again.</summary>
    public Task<Pool> DrainPoolAsync(string pool, bool on, CancellationToken cancellation = default)
        => PostAsync<Pool>($"/pools/{Segment(pool)}/{(on ? "drain" : "resume")}", null, cancellation);

    /// <summary>Deletes a pool with its spares.</summary>
    /// <param name="pool">Name or id.</param>
    /// <param name="force">With the machines that are lent, too; without it they are a reason to refuse.</param>
    /// <param name="cancellation">Stops the request.</param>
    public Task DeletePoolAsync(string pool, bool force = false, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/pools/{Segment(pool)}{(force ? "?force=true" : "")}", cancellation);

    /// <summary>Claims a machine of a pool.</summary>
    /// <param name="pool">Name or id.</param>
    /// <param name="request">For how long, and under which name.</param>
    /// <param name="wait">How long to wait for a spare when there is none, up to a minute.</param>
    /// <param name="idempotencyKey">The same key and request twice make one lease; a fresh key when left out.</param>
    /// <param name="cancellation">Stops the request and gives up the place in the queue.</param>
    public Task<Lease> ClaimAsync(string pool, ClaimRequest request, TimeSpan wait = default, string? idempotencyKey = null, CancellationToken cancellation = default)
        => PostAsync<Lease>($"/pools/{Segment(pool)}/claims{(wait > TimeSpan.Zero ? $"?wait={(int)wait.TotalSeconds}" : "")}", request, cancellation, idempotencyKey, longer: wait);

    /// <summary>Leases of a pool, newest first.</summary>
    public IAsyncEnumerable<Lease> ListLeasesAsync(string pool, CancellationToken cancellation = default)
        => PagesAsync<Lease>($"/pools/{Segment(pool)}/claims", cancellation);

    /// <summary>A lease, by its id or by its machine.</summary>
    public Task<Lease> GetLeaseAsync(string lease, CancellationToken cancellation = default) => GetAsync<Lease>($"/claims/{Segment(lease)}", cancellation);

    /// <summary>Lets a lease, by its id or by its machine, last longer or end sooner.</summary>
    public Task<Lease> RenewLeaseAsync(string lease, RenewRequest request, CancellationToken cancellation = default)
        => PatchAsync<Lease>($"/claims/{Segment(lease)}", request, cancellation);

    /// <summary>Ends a lease, by its id or by its machine; the machine is deleted with all it holds.</summary>
    public Task<Operation> ReleaseAsync(string lease, CancellationToken cancellation = default) => DeleteAsync<Operation>($"/claims/{Segment(lease)}", cancellation);
}
