namespace Warren.Server.Tests.Hosting;

/// <summary>Tests that hold on both databases derive from this twice: once for each.</summary>
/// <param name="cluster">PostgreSQL, or null for SQLite.</param>
public abstract class DatabaseTests(PostgresCluster? cluster)
{
    internal async Task<TestServer> StartAsync(Action<Microsoft.Extensions.DependencyInjection.IServiceCollection>? services = null, params string[] settings)
        => await TestServer.StartAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(), services: services, settings: settings);
}
