using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Database;

/// <summary>The SQL and the entities say the same, on both databases.</summary>
public abstract class SchemaTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Every_entity_can_be_read_from_the_migrated_schema()
    {
        await using var server = await StartAsync();
        await using var db = server.Db();
        foreach (var entity in db.Model.GetEntityTypes())
        {
            var columns = string.Join(", ", entity.GetProperties().Select(p => p.GetColumnName()));
#pragma warning disable EF1002 // Names from our own model.
            await db.Database.ExecuteSqlRawAsync($"select {columns} from {entity.GetTableName()} where 1 = 0");
#pragma warning restore EF1002
        }
    }

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await using var server = await StartAsync();
        await using var db = server.Db();
        await Migrator.MigrateAsync(db, CancellationToken.None);
        var names = await db.Database.SqlQueryRaw<string>("select name as \"Value\" from schema_migrations").ToListAsync();
        names.Order().ShouldBe(Migrator.All().Select(m => m.Name));
    }
}

public sealed class SqliteSchemaTests() : SchemaTests(null);

public sealed class PostgresSchemaTests(PostgresCluster cluster) : SchemaTests(cluster)
{
    private readonly PostgresCluster _cluster = cluster;

    [Fact]
    public async Task Two_servers_that_begin_at_once_on_an_empty_database_make_one_schema()
    {
        var database = await _cluster.CreateEmptyDatabaseAsync();
        var servers = await Task.WhenAll(TestServer.StartAsync(database), TestServer.StartAsync(database));
        await using var db = servers[0].Db();
        var names = await db.Database.SqlQueryRaw<string>("select name as \"Value\" from schema_migrations").ToListAsync();
        names.Order().ShouldBe(Migrator.All().Select(m => m.Name));
        foreach (var server in servers) await server.DisposeAsync();
    }
}
