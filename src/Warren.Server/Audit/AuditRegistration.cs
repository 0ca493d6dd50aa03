namespace Warren.Server.Audit;

/// <summary>What the audit trail adds to the server.</summary>
internal static class AuditRegistration
{
    public static void AddAudit(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(AuditOptions.Read(configuration));
        services.AddSingleton<AuditVerification>();
        // Services stop in the opposite order: the writer after all that write by it.
        services.AddSingleton<AuditWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditWriter>());
        services.AddSingleton<Strangers>();
        services.AddHostedService(provider => provider.GetRequiredService<Strangers>());
        services.AddSingleton<PruneAudit>();
        services.AddHostedService(provider => provider.GetRequiredService<PruneAudit>());
    }
}
