using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authorization;
using Warren.Server.Web;

namespace Warren.Server.Access;

/// <summary>What the door adds to the server: every route needs a known caller unless it says otherwise.</summary>
internal static class AccessRegistration
{
    public static void AddAccess(this IServiceCollection services)
    {
        services.AddHttpContextAccessor();
        services.AddScoped<Caller>();
        services.AddScoped<LoginLinks>();
        services.AddScoped<FirstStart>();
        // The core alone: sessions are rows, so cookies need no keys.
        services.AddWebEncoders();
        services.AddTransient<Authentication>();
        services.AddAuthenticationCore(options =>
        {
            options.DefaultScheme = Authentication.SchemeName;
            options.AddScheme<Authentication>(Authentication.SchemeName, null);
        });
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddRateLimiter(limits =>
        {
            // Secrets of 256 bits cannot be guessed; this keeps a loop from filling the log and the database.
            limits.AddPolicy("login", http => RateLimitPartition.GetFixedWindowLimiter(
                http.Connection.RemoteIpAddress?.ToString() ?? "",
                _ => new FixedWindowRateLimiterOptions { PermitLimit = 20, Window = TimeSpan.FromMinutes(1) }));
            limits.OnRejected = async (context, _) =>
            {
                context.HttpContext.Response.Headers.RetryAfter = "60";
                await ProblemWriter.WriteAsync(context.HttpContext, Operations.Problems.Of("rate-limited", 429, "Too many tries", "Try again in a minute."));
            };
        });
    }
}
