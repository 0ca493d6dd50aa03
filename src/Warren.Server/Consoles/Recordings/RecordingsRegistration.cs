namespace Warren.Server.Consoles.Recordings;

/// <summary>What recordings add to the server.</summary>
internal static class RecordingsRegistration
{
    public static void AddRecordings(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton((configuration.GetSection(RecordingOptions.Section).Get<RecordingOptions>() ?? new RecordingOptions()).Checked());
        services.AddSingleton<RecordingFolder>();
        services.AddSingleton<RecordingThreads>();
        services.AddSingleton<Recorder.Place>();
        services.AddSingleton<VideoExport>();
        services.AddHostedService<RecordMachines>();
        services.AddSingleton<PruneRecordings>();
        services.AddHostedService(provider => provider.GetRequiredService<PruneRecordings>());
    }
}
