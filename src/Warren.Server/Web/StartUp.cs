using Warren.Hypervisors;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Hosts;

namespace Warren.Server.Web;

/// <summary>From nothing to serving: schema, local host, listening, owner and client file, and a line for the person at the terminal.</summary>
internal static class StartUp
{
    public static async Task StartWarrenAsync(this WebApplication app)
    {
        await using (var scope = app.Services.CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
            await Migrator.MigrateAsync(db, CancellationToken.None);
            await ProbeHosts.EnsureLocalAsync(db, scope.ServiceProvider.GetRequiredService<IHypervisor>(), CancellationToken.None);
        }

        await app.StartAsync();
        await using (var scope = app.Services.CreateAsyncScope())
        {
            // After listening: the address, and so the link, is only known then.
            var link = await scope.ServiceProvider.GetRequiredService<FirstStart>().RunAsync(CancellationToken.None);
            var url = scope.ServiceProvider.GetRequiredService<ServerAddress>().Url;
            await Console.Out.WriteLineAsync($"Warren {ThisAssembly.Version} is ready at {url}");
            await Console.Out.WriteLineAsync(link is null
                ? "To log a browser in:  ./warren login-link"
                : $"Log in once, within 15 minutes:  {link.Url}\nLater:  ./warren login-link");
        }
    }
}
