namespace Warren.Server.Networks;

/// <summary>What networks add to the server.</summary>
internal static class NetworksRegistration
{
    public static void AddNetworks(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(configuration.GetSection("Ports").Get<PortOptions>() ?? new PortOptions());
        services.AddSingleton<PortRelease>();
        services.AddScoped<PortAllocator>();
    }
}
