using System.Security.Claims;
using System.Threading.RateLimiting;
using Warren.Server.Access;
using Warren.Server.Audit;

namespace Warren.Server.Quotas;

/// <summary>Marks routes that make something which costs the server: a machine, an image, an upload, a token.</summary>
internal sealed class Creates
{
    public static readonly Creates Instance = new();
}

/// <summary>
/// How often a user, and an address, may ask for something new. Each has a bucket that a minute fills, so that many at once
/// pass and an endless loop does not. Kept in this process; those that are full again are forgotten, and an address counts only
/// for requests that its user's bucket has let through, so that nobody fills the memory with addresses.
/// </summary>
internal sealed class CreationRates : IDisposable
{
    private readonly PartitionedRateLimiter<HttpContext>[] _limiters;

    public CreationRates(QuotaOptions options)
    {
        _limiters =
        [
            PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(User(http), Makes(http) ? options.CreationsPerMinute : 0, "new ")),
            PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(User(http), Changes(http) ? options.ChangesPerMinute : 0, "all ")),
            PartitionedRateLimiter.Create<HttpContext, string>(http => Partition(http.AddressBlock(), Makes(http) ? options.CreationsPerMinutePerAddress : 0, "from ")),
        ];
        Limiter = PartitionedRateLimiter.CreateChained(_limiters);
    }

    /// <summary>Asks one after the other, until one refuses.</summary>
    public PartitionedRateLimiter<HttpContext> Limiter { get; }

    public void Dispose()
    {
        Limiter.Dispose();
        foreach (var limiter in _limiters) limiter.Dispose();
    }

    private static string? User(HttpContext http) => http.User.FindFirst(ClaimTypes.NameIdentifier)?.Value;

    private static bool Makes(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<Creates>() is not null;

    private static bool Changes(HttpContext http) => AuditActions.Of(http.GetEndpoint(), http.Request.Method) is not null;

    /// <summary>The first letters keep keys of one sort from meaning another's bucket, or none.</summary>
    private static RateLimitPartition<string> Partition(string? key, int perMinute, string sort)
        => perMinute == 0 || key is null ? RateLimitPartition.GetNoLimiter("")
            : RateLimitPartition.GetTokenBucketLimiter(sort + key, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perMinute,
                TokensPerPeriod = 1,
                ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
            });
}
