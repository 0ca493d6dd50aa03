using Warren.Server.Pools.Sweeps;

namespace Warren.Server.Pools;

/// <summary>What pools add to the server. They have no workflows of their own: filling is a launch, releasing a deletion.</summary>
internal static class PoolsRegistration
{
    public static void AddPools(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(configuration.GetSection("Pools").Get<PoolOptions>() ?? new PoolOptions());
        services.AddSingleton<PoolRules>();
        services.AddScoped<PoolCommands>();
        services.AddScoped<LeaseCommands>();
        services.AddScoped<ClaimPath>();
        services.AddSingleton<ClaimQueue>();
        services.AddHostedService(provider => provider.GetRequiredService<ClaimQueue>());
        services.AddHostedService<TendPools>();
        services.AddHostedService<RefillPools>();
        services.AddHostedService<CountClaims>();
    }
}
