using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles;

/// <summary>What consoles add to the server.</summary>
internal static class ConsolesRegistration
{
    public static void AddConsoles(this IServiceCollection services) => services.AddSingleton<SerialLog>().AddSingleton<SerialRelay>().AddSingleton<ScreenHubs>();
}
