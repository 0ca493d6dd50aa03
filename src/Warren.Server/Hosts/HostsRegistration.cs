using Warren.Hypervisors;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>What the hosts feature adds to the server: the local host and its driver.</summary>
internal static class HostsRegistration
{
    public static void AddHosts(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(configuration.GetSection("Hosts").Get<HostOptions>() ?? new HostOptions());
        services.AddSingleton(provider =>
        {
            var kind = HypervisorRegistration.Find(configuration["Hypervisor"] ?? "qemu");
            return kind.Connect(new HostConnection
            {
                Host = HostDirectory.Local,
                Folder = provider.GetRequiredService<DataFolder>().Folder(kind.Name == "qemu" ? "machines" : kind.Name),
                Settings = Flat(configuration.GetSection(kind.Name)),
                Clock = provider.GetRequiredService<TimeProvider>(),
            });
        });
        services.AddSingleton<HostDirectory>();
        services.AddScoped<HostAdmission>();
        services.AddSingleton<ProbeHosts>();
        services.AddHostedService(provider => provider.GetRequiredService<ProbeHosts>());
    }

    /// <summary>The settings of the local host: the section of the configuration that bears its kind's name, such as <c>Qemu</c>.</summary>
    private static Dictionary<string, string> Flat(IConfigurationSection section) => section.AsEnumerable(makePathsRelative: true)
        .Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!, StringComparer.OrdinalIgnoreCase);
}
