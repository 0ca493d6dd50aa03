using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Hypervisors.Qemu;
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
            var data = provider.GetRequiredService<DataFolder>();
            var qemu = configuration.GetSection("Qemu");
            var defaults = new QemuOptions { MachinesFolder = data.Folder("machines") };
            var kind = configuration["Hypervisor"] ?? "qemu";
            return HypervisorRegistration.Create(kind, new HypervisorOptions
            {
                Clock = provider.GetRequiredService<TimeProvider>(),
                Qemu = defaults with
                {
                    QemuProgram = qemu["Program"] ?? defaults.QemuProgram,
                    QemuImgProgram = qemu["ImgProgram"] ?? defaults.QemuImgProgram,
                    Accelerator = qemu["Accelerator"] ?? defaults.Accelerator,
                    Environment = qemu.GetSection("Environment").Get<Dictionary<string, string>>() ?? defaults.Environment,
                    ExtraArguments = qemu.GetSection("ExtraArguments").Get<string[]>() ?? defaults.ExtraArguments,
                },
                Fake = kind == "fake" ? (configuration.GetSection("Fake").Get<FakeOptions>() ?? new FakeOptions()) with { Folder = data.Folder("fake") } : null,
            });
        });
        services.AddSingleton<HostDirectory>();
        services.AddScoped<HostAdmission>();
        services.AddSingleton<ProbeHosts>();
        services.AddHostedService(provider => provider.GetRequiredService<ProbeHosts>());
    }
}
