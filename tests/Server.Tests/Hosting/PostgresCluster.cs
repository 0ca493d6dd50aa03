using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Server.Database;

[assembly: AssemblyFixture(typeof(Warren.Server.Tests.Hosting.PostgresCluster))]

namespace Warren.Server.Tests.Hosting;

/// <summary>The private PostgreSQL cluster: one for the whole run, started by the first test that needs it.</summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(PostgresServer.StartAsync);
    private readonly Lazy<Task<string>> _migrated;

    public PostgresCluster() => _migrated = new Lazy<Task<string>>(MigrateAsync);

    /// <summary>Makes a database with the present schema and returns how to connect to it: a copy of one that was migrated once, as a server's own start would.</summary>
    public async Task<string> CreateDatabaseAsync() => await (await _server.Value).CreateDatabaseAsync(await _migrated.Value);

    /// <summary>Makes a database with nothing in it and returns how to connect to it.</summary>
    public async Task<string> CreateEmptyDatabaseAsync() => await (await _server.Value).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }

    private async Task<string> MigrateAsync()
    {
        var data = Directory.CreateTempSubdirectory("warren-");
        try
        {
            // PostgreSQL copies no database that somebody is connected to, so that nothing is kept open.
            var database = await CreateEmptyDatabaseAsync() + ";Pooling=false";
            await using var app = Program.Build([$"--Data={data.FullName}", "--Hypervisor=fake", "--Logging:LogLevel:Default=Warning", $"--Database:Postgres={database}"]);
            await using var db = app.Services.GetRequiredService<IDbContextFactory<WarrenDb>>().CreateDbContext();
            await Migrator.MigrateAsync(db, CancellationToken.None);
            return db.Database.GetDbConnection().Database;
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
