namespace Warren.Server.Quotas;

/// <summary>What limits add to the server.</summary>
internal static class QuotasRegistration
{
    public static void AddQuotas(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(QuotaOptions.Read(configuration));
        services.AddScoped<QuotaCount>();
        services.AddScoped<QuotaCheck>();
        services.AddSingleton<CreationRates>();
    }
}
