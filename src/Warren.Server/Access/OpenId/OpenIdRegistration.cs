using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Warren.Server.Audit;

namespace Warren.Server.Access.OpenId;

/// <summary>
/// Logging in by a provider: the authorization code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636), by
/// ASP.NET Core's own handler. What it hands over begins one of our sessions; its tokens are not kept.
/// </summary>
internal static class OpenIdRegistration
{
    public const string SchemeName = "openid";

    /// <summary>Where the provider sends browsers back to; it must be told so.</summary>
    public const string CallbackPath = "/login/callback";

    /// <summary>Key of the provider's name, as its token says it, beside what we asked with.</summary>
    public const string Issuer = "issuer";

    /// <summary>Whether a request brings what the provider says.</summary>
    public static bool IsAnswer(HttpContext http) => http.Request.Path == CallbackPath && http.RequestServices.GetService<OpenIdSettings>() is not null;

    /// <summary>What comes back is answered before any route is, and so before the limits of routes: it has that of logging in, as everybody's tries.</summary>
    public static async Task LimitAsync(HttpContext http, RequestDelegate next)
    {
        if (IsAnswer(http))
        {
            using var lease = http.RequestServices.GetRequiredService<OpenIdRate>().Take(http);
            if (!lease.IsAcquired)
            {
                await Rates.RefuseAsync(http, lease);
                return;
            }
        }

        await next(http);
    }

    public static void AddOpenId(this IServiceCollection services, IConfiguration configuration)
    {
        if (OpenIdSettings.Read(configuration) is not { } settings) return;
        services.AddSingleton(settings);
        services.AddSingleton<OpenIdTickets>();
        services.AddSingleton<OpenIdRate>();
        services.AddScoped<OpenIdLogIn>();
        services.AddAuthentication().AddOpenIdConnect(SchemeName, options => Set(options, settings));
    }

    private static void Set(OpenIdConnectOptions options, OpenIdSettings settings)
    {
        options.Authority = settings.Authority;
        options.ClientId = settings.ClientId;
        options.ClientSecret = settings.ClientSecret;
        options.RequireHttpsMetadata = new Uri(settings.Authority).Scheme == Uri.UriSchemeHttps;
        options.CallbackPath = CallbackPath;
        options.ResponseType = OpenIdConnectResponseType.Code;
        // A form that another site posts would need cookies that go along with such posts.
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.SaveTokens = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.MapInboundClaims = false;
        options.Scope.Clear();
        foreach (var scope in new[] { "openid", "profile", "email" }) options.Scope.Add(scope);
        options.ClaimActions.MapUniqueJsonKey("preferred_username", "preferred_username");
        options.ClaimActions.MapUniqueJsonKey("email_verified", "email_verified");
        options.BackchannelTimeout = TimeSpan.FromSeconds(20);
        foreach (var cookie in new[] { options.CorrelationCookie, options.NonceCookie })
        {
            // The browser comes back by a link, with which Lax goes along; None would need TLS even on loopback.
            cookie.SameSite = SameSiteMode.Lax;
            cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.HttpOnly = true;
        }

        options.Events.OnTokenValidated = context =>
        {
            context.Properties!.SetString(Issuer, context.SecurityToken.Issuer);
            return Task.CompletedTask;
        };
        options.Events.OnTicketReceived = async context =>
        {
            var to = await context.HttpContext.RequestServices.GetRequiredService<OpenIdLogIn>().EnterAsync(context.Principal!, context.Properties!, context.HttpContext, context.HttpContext.RequestAborted);
            Send(context.HttpContext, to);
            context.HandleResponse();
        };
        options.Events.OnAccessDenied = context => BackAsync(context, "cancelled");
        options.Events.OnRemoteFailure = context =>
        {
            context.HttpContext.RequestServices.GetRequiredService<ILogger<OpenIdLogIn>>().LogWarning("Logging in by the provider failed: {Failure}", context.Failure?.GetType().Name);
            return BackAsync(context, "provider");
        };
    }

    private static Task BackAsync<T>(HandleRequestContext<T> context, string why) where T : AuthenticationSchemeOptions
    {
        Send(context.HttpContext, OpenIdLogIn.Refused(why));
        context.HandleResponse();
        return Task.CompletedTask;
    }

    private static void Send(HttpContext http, string to)
    {
        const string why = "?refused=";
        if (to.IndexOf(why, StringComparison.Ordinal) is >= 0 and var at) AuditDraft.Of(http)?.Refused("provider-" + to[(at + why.Length)..]);
        http.Response.Redirect(to);
    }
}
