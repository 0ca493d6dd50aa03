namespace Warren.Server.Operations;

/// <summary>What the operations feature adds to the server.</summary>
internal static class OperationsRegistration
{
    public static void AddOperations(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = configuration.GetSection("Operations");
        services.AddSingleton(settings.Get<OperationOptions>() ?? new OperationOptions());
        services.AddSingleton<WorkflowCatalog>();
        services.AddSingleton<OperationClaims>();
        services.AddSingleton<StepSettlement>();
        services.AddSingleton<StepRunner>();
        services.AddScoped<OperationQueue>();
        services.AddSingleton<IStepBoundary>(settings["KillAt"] is { Length: > 0 } at ? new KillingBoundary(at) : new OpenBoundary());
        services.AddHostedService<OperationWorker>();
    }
}
