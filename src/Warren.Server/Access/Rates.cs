using System.Globalization;
using System.Threading.RateLimiting;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>Says of a route that an address may ask it only so often, besides what limits everybody who makes something.</summary>
internal enum Rate
{
    /// <summary>Tries at a password, or at what stands for one.</summary>
    LogIn,

    /// <summary>Openings of share links.</summary>
    Share,
}

/// <summary>
/// How often what may be asked, at one place before every route. Not ASP.NET's middleware: that keeps a timer of its own which
/// nobody can end, and with it the whole server when it has stopped.
/// </summary>
internal sealed class Rates(AccessOptions access, CreationRates creations) : IDisposable
{
    private const string Problem = "too-many-requests";

    /// <summary>A class behind one address, whose browsers all come back after a restart.</summary>
    private const int SharesPerMinute = 600;

    /// <summary>Each try at a password is a hash, which is work; this keeps a loop from having the processor to itself.</summary>
    private readonly PartitionedRateLimiter<HttpContext> _logIns = PerAddress(access.LoginsPerMinute);
    private readonly PartitionedRateLimiter<HttpContext> _shares = PerAddress(SharesPerMinute);

    /// <summary>So many requests of an address in a minute.</summary>
    public static PartitionedRateLimiter<HttpContext> PerAddress(int perMinute) => PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetFixedWindowLimiter(
        http.AddressBlock(), _ => new FixedWindowRateLimiterOptions { PermitLimit = perMinute, Window = TimeSpan.FromMinutes(1) }));

    public static async Task LimitAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is not { } endpoint)
        {
            await next(http);
            return;
        }

        var rates = http.RequestServices.GetRequiredService<Rates>();
        using var creation = rates.Creations.AttemptAcquire(http);
        using var visit = creation.IsAcquired ? rates.Of(endpoint)?.AttemptAcquire(http) : null;
        if (creation.IsAcquired && visit is null or { IsAcquired: true }) await next(http);
        else await RefuseAsync(http, visit ?? creation);
    }

    /// <summary>The one answer to whoever asks too often, for whatever.</summary>
    public static Task RefuseAsync(HttpContext http, RateLimitLease refused)
    {
        var wait = refused.TryGetMetadata(MetadataName.RetryAfter, out var after) ? Math.Max(1, (int)Math.Ceiling(after.TotalSeconds)) : 60;
        return ProblemWriter.WriteAsync(http, Problems.Of(Problem, 429, "Too many requests", string.Create(CultureInfo.InvariantCulture, $"Try again in {wait} s.")) with { RetryAfterSeconds = wait });
    }

    public void Dispose()
    {
        _logIns.Dispose();
        _shares.Dispose();
    }

    private PartitionedRateLimiter<HttpContext> Creations => creations.Limiter;

    private PartitionedRateLimiter<HttpContext>? Of(Endpoint endpoint) => endpoint.Metadata.OfType<Rate>().Cast<Rate?>().FirstOrDefault() switch
    {
        Rate.LogIn => _logIns,
        Rate.Share => _shares,
        _ => null,
    };
}
