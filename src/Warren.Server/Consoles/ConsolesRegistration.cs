using Warren.Server.Consoles.Connections;
using Warren.Server.Consoles.Screens;
using Warren.Server.Consoles.Serial;
using Warren.Server.Consoles.Sharing;

namespace Warren.Server.Consoles;

/// <summary>What consoles add to the server.</summary>
internal static class ConsolesRegistration
{
    public static void AddConsoles(this IServiceCollection services)
    {
        services.AddSingleton<SerialLog>().AddSingleton<SerialHubs>().AddSingleton<PortRelay>().AddSingleton<ScreenHubs>();
        services.AddScoped<ConsoleTickets>();
        services.AddSingleton<ConnectionLog>();
        services.AddHostedService<TrimSerialLogs>();
        services.AddHostedService(provider => provider.GetRequiredService<ConnectionLog>());
    }
}
