using Microsoft.EntityFrameworkCore;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;

namespace Warren.Server.Web;

/// <summary>From nothing to serving: schema, local host, listening, owner and client file.</summary>
internal static class StartUp
{
    /// <returns>What the person at the terminal is told.</returns>
    public static async Task<string> StartWarrenAsync(this WebApplication app)
    {
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
            await Migrator.MigrateAsync(db, CancellationToken.None);
            await HostCommands.EnsureLocalAsync(
                db, scope.ServiceProvider.GetRequiredService<LocalHost>(), scope.ServiceProvider.GetRequiredService<Hosts.HostOptions>(), CancellationToken.None);
        }

        await app.StartAsync();
        await using (var scope = app.Services.CreateAsyncScope())
        {
            // Ready means ready: until its first probe a host takes no machines. Later starts have what an earlier one found.
            if (await scope.ServiceProvider.GetRequiredService<WarrenDb>().Hosts.AnyAsync(h => h.Name == HostDirectory.Local && h.ProbeJson == null))
                await scope.ServiceProvider.GetRequiredService<ProbeHosts>().FirstAsync(app.Lifetime.ApplicationStopping);
            // After listening: the address, and so the link, is only known then.
            var link = await scope.ServiceProvider.GetRequiredService<FirstStart>().RunAsync(CancellationToken.None);
            var url = scope.ServiceProvider.GetRequiredService<ServerAddress>().Url;
            return $"Warren {ThisAssembly.Version} is ready at {url}\n" + (link is null
                ? "To log a browser in:  ./warren login-link"
                : $"Log in once, within 15 minutes:  {link.Url}\nLater:  ./warren login-link");
        }
    }
}
