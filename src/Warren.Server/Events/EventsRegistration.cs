namespace Warren.Server.Events;

/// <summary>What events add to the server.</summary>
internal static class EventsRegistration
{
    public static void AddEvents(this IServiceCollection services)
    {
        services.AddSingleton<EventViews>();
        services.AddHostedService<PruneHistory>();
    }
}
