using Microsoft.AspNetCore.Authorization;
using Warren.Server.Access.OpenId;

namespace Warren.Server.Access;

/// <summary>What the door adds to the server: every route needs a known caller unless it says otherwise.</summary>
internal static class AccessRegistration
{
    public static void AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHttpContextAccessor();
        services.AddScoped<Caller>();
        services.AddScoped<LoginLinks>();
        services.AddScoped<FirstStart>();
        services.AddSingleton<CommandLineToken>();
        services.AddSingleton(AccessOptions.Read(configuration));
        services.AddSingleton<Passwords>();
        services.AddSingleton<SessionLives>();
        services.AddScoped<Sessions>();
        services.AddScoped<Accounts>();
        services.AddScoped<Tokens>();
        services.AddScoped<SecondFactors>();
        services.AddScoped<Lockout>();
        services.AddScoped<LogIn>();
        services.AddOpenId(configuration);
        services.AddSingleton<Rates>();
        services.AddSingleton<OpenStreams>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenStreams>());
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
    }
}
