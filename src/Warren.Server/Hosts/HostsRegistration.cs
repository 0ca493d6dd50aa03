using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Warren.Hypervisors;
using Warren.Server.Web;

namespace Warren.Server.Hosts;

/// <summary>What the hosts feature adds to the server.</summary>
internal static class HostsRegistration
{
    public static void AddHosts(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection("Hosts").Get<HostOptions>() ?? new HostOptions();
        if (options.MemoryOvercommit is not (>= 1 and <= 8)) throw new InvalidOperationException($"Hosts:MemoryOvercommit is {options.MemoryOvercommit}; it must be 1 to 8");
        services.AddSingleton(options);
        services.AddSingleton(HypervisorRegistration.Kinds);
        services.AddSingleton(provider => Local(provider, configuration));
        services.AddSingleton(provider => provider.GetRequiredService<LocalHost>().Driver);
        services.AddDataProtection().SetApplicationName("warren");
        services.AddOptions<KeyManagementOptions>().Configure<DataFolder>((keys, data) =>
            keys.XmlRepository = new KeyRingFiles(configuration["Secrets:KeyFolder"] is { Length: > 0 } folder ? Path.GetFullPath(folder) : data.Combine("keyring")));
        services.AddSingleton<HostSecrets>();
        services.AddSingleton<HostSettings>();
        services.AddSingleton<HostDirectory>();
        services.AddSingleton<HostObservations>();
        services.AddSingleton<HostMemories>();
        services.AddSingleton<HostNames>();
        services.AddHostedService<LookAtMemory>();
        services.AddSingleton<HostViews>();
        services.AddScoped<HostCommands>();
        services.AddScoped<HostAdmission>();
        services.AddSingleton<ProbeHosts>();
        services.AddHostedService(provider => provider.GetRequiredService<ProbeHosts>());
    }

    private static LocalHost Local(IServiceProvider provider, IConfiguration configuration)
    {
        var name = configuration["Hypervisor"] ?? "qemu";
        var kinds = provider.GetRequiredService<IReadOnlyList<HypervisorKind>>();
        var kind = kinds.FirstOrDefault(k => k.Name == name) ?? HypervisorRegistration.Find(name);
        var settings = Flat(configuration.GetSection(kind.Name));
        return new LocalHost(kind, kind.Connect(new HostConnection
        {
            Host = HostDirectory.Local,
            Folder = provider.GetRequiredService<DataFolder>().Folder(kind.Name == "qemu" ? "machines" : kind.Name),
            Settings = settings,
            Clock = provider.GetRequiredService<TimeProvider>(),
        }), settings);
    }

    private static Dictionary<string, string> Flat(IConfigurationSection section) => section.AsEnumerable(makePathsRelative: true)
        .Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!, StringComparer.OrdinalIgnoreCase);
}
