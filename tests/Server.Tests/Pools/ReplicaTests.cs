using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Pools;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Pools;

/// <summary>What a pool is beyond one process, and what a claim costs; on both databases.</summary>
public abstract class ReplicaTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    private readonly PostgresCluster? _cluster = cluster;

    [Fact]
    public async Task Spares_and_leases_outlive_the_server()
    {
        var data = Directory.CreateTempSubdirectory("warren-pool-").FullName;
        var postgres = _cluster is null ? null : await _cluster.CreateDatabaseAsync();
        var clock = new ManualClock();
        try
        {
            List<string> spares;
            Lease lease;
            await using (var server = await TestServer.StartAsync(postgres, data, clock: clock))
            {
                await server.AddImageAsync();
                await CreateAsync(server, Spec(3));
                await FullAsync(server);
                lease = await ClaimAsync(server);
                await FullAsync(server);
                spares = await RefillTests.SparesAsync(server);
            }

            // It was away for longer than an observation is good for.
            clock.Advance(TimeSpan.FromMinutes(10));
            await using (var server = await TestServer.StartAsync(postgres, data, clock: clock))
            {
                spares.ShouldContain((await ClaimAsync(server, wait: 20)).MachineId);
                (await LeaseAsync(server, lease.Id)).EndedAt.ShouldBeNull();
                await FullAsync(server);
                (await RefillTests.SparesAsync(server)).Intersect(spares).Count().ShouldBe(2);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_claim_is_three_statements()
    {
        var counter = new StatementCounter();
        await using var server = await StartAsync(services => services.ConfigureDbContext<WarrenDb>(options => options.AddInterceptors(counter)));
        await server.AddImageAsync();
        await CreateAsync(server, Spec(2));
        await FullAsync(server);
        await using var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var pool = await db.Pools.AsNoTracking().SingleAsync();
        var wish = new ClaimWish(pool.OwnerId, pool.ProjectId, 60, null, null, null, server.Clock.GetUtcNow());
        counter.Begin();
        (await scope.ServiceProvider.GetRequiredService<ClaimPath>().TakeAsync(pool, wish, null, TestContext.Current.CancellationToken)).ShouldNotBeNull();
        var statements = counter.End();
        // PostgreSQL takes the turn to write events besides.
        statements.Count.ShouldBe(_cluster is null ? 3 : 4, string.Join("\n---\n", statements));
    }

    [Fact]
    public async Task Two_servers_on_one_database_lend_nothing_twice_and_keep_one_line()
    {
        Assert.SkipWhen(_cluster is null, "SQLite has one server");
        var data = Directory.CreateTempSubdirectory("warren-pool-").FullName;
        var postgres = await _cluster!.CreateDatabaseAsync();
        var clock = new ManualClock();
        try
        {
            await using var one = await TestServer.StartAsync(postgres, data, clock: clock);
            var image = await one.AddImageAsync();
            await using var two = await TestServer.StartAsync(postgres, data, clock: clock);
            await CreateAsync(one, Spec(2, max: 40));
            await FullAsync(one);
            var leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => ClaimAsync(i % 2 == 0 ? one : two, wait: 60)));
            leases.Select(l => l.MachineId).ShouldBeUnique();
            await using var db = one.Db();
            var queued = await db.Leases.AsNoTracking().Where(l => l.Ticket != null).OrderBy(l => l.Ticket).ToListAsync();
            queued.Count.ShouldBeGreaterThan(8);
            queued.Select(l => l.ClaimedAt).ShouldBeInOrder();
            await FullAsync(two);
            await Eventually.BecomesAsync(async () => (await PoolAsync(one)).Statistics is { Hits: var hits, Misses: var misses } && hits + misses == 16, "each counted once");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>Statements of one flow of calls; those of the server's own loops are not in it.</summary>
    private sealed class StatementCounter : DbCommandInterceptor
    {
        private readonly AsyncLocal<List<string>?> _seen = new();

        public void Begin() => _seen.Value = [];

        public List<string> End() => _seen.Value!;

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            _seen.Value?.Add(command.CommandText);
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            _seen.Value?.Add(command.CommandText);
            return ValueTask.FromResult(result);
        }
    }
}

public sealed class SqliteReplicaTests() : ReplicaTests(null);

public sealed class PostgresReplicaTests(PostgresCluster cluster) : ReplicaTests(cluster);
