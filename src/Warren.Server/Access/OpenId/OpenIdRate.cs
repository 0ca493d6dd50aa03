using System.Threading.RateLimiting;

namespace Warren.Server.Access.OpenId;

/// <summary>How often one address may come back from the provider: as often as it may try to log in.</summary>
internal sealed class OpenIdRate(AccessOptions options) : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext> _limiter = Rates.PerAddress(options.LoginsPerMinute);

    public RateLimitLease Take(HttpContext http) => _limiter.AttemptAcquire(http);

    public void Dispose() => _limiter.Dispose();
}
