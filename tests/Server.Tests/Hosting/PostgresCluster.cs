namespace Warren.Server.Tests.Hosting;

/// <summary>The private PostgreSQL cluster; one for the whole run.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    /// <summary>Makes an empty database and returns how to connect to it.</summary>
    public Task<string> CreateDatabaseAsync() => _server!.CreateDatabaseAsync();

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
