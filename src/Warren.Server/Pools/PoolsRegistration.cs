using Warren.Server.Pools.Sweeps;

namespace Warren.Server.Pools;

/// <summary>What pools add to the server. They have no workflows of their own: filling is a launch, releasing a deletion.</summary>
internal static class PoolsRegistration
{
    public static void AddPools(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection("Pools").Get<PoolOptions>() ?? new PoolOptions();
        // A machine that has not changed is noted as seen once a minute.
        if (options.FreshSeconds < 60) throw new InvalidOperationException($"Pools:FreshSeconds is {options.FreshSeconds}; it must be 60 or more: below that no spare would ever be lent");
        services.AddSingleton(options);
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
