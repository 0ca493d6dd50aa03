using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Bench;

/// <summary>An operation of one empty step, from its enqueueing to its end, beside one bare commit to SQLite on the same disk.</summary>
internal static class OperationThroughput
{
    private const string Commit = "bare SQLite commit of one row (WAL)";

    public static async Task RunAsync(int operations, int parallel)
    {
        Console.WriteLine($"\nOperation engine, SQLite ({operations} operations; an operation is three commits: enqueue, claim, settle)");
        using var scratch = new Scratch();
        await using var server = await ServerUnderTest.StartAsync(Path.Combine(scratch.Path, "d"), s => s.AddSingleton<Workflow, EmptyWorkflow>(), "Hypervisor=fake");
        await using var bare = new SqliteConnection($"Data Source={Path.Combine(scratch.Path, "bare.db")}");
        await bare.OpenAsync();
        await ExecuteAsync(bare, "pragma journal_mode = wal; create table t (id integer primary key, text text)");
        for (var i = 0; i < 50; i++) await OperationAsync(server);
        var samples = new Samples();
        for (var i = 0; i < operations; i++)
        {
            await samples.TimeAsync(Commit, () => ExecuteAsync(bare, "begin; insert into t (text) values ('x'); commit"));
            await samples.TimeAsync("one at a time: enqueue to done", () => OperationAsync(server));
        }

        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(async _ =>
        {
            for (var i = 0; i < operations / parallel; i++) await samples.TimeAsync($"{parallel} at a time: enqueue to done", () => OperationAsync(server));
        }));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        samples.Print(Commit);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"throughput",-44} op/s one at a time {1000 / samples.Of("one at a time: enqueue to done").Median:0} (by p50), {parallel} at a time {operations / parallel * parallel / seconds:0} (measured over {seconds:0.0} s); bare commits {1000 / samples.Of(Commit).Median:0} /s (by p50)"));
    }

    private static async Task OperationAsync(ServerUnderTest server)
    {
        string id;
        await using (var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope())
        {
            var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
            id = scope.ServiceProvider.GetRequiredService<OperationQueue>()
                .Enqueue(EmptyWorkflow.Name, "bench", Guid.NewGuid().ToString("N"), "bench", new Owner("o", "p")).Id;
            await db.SaveChangesAsync();
        }

        var signals = server.Get<Signals>();
        while (true)
        {
            var next = signals.Next;
            await using (var db = server.Db())
                if (!await db.Operations.Where(o => o.Id == id).Select(o => o.Live).SingleAsync()) return;
            await signals.WaitAsync(next, TimeSpan.FromSeconds(1), CancellationToken.None);
        }
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Texts of this file only.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private sealed record Owner(string OwnerId, string ProjectId) : IOwned;

    private sealed class EmptyWorkflow : Workflow
    {
        public const string Name = "bench.empty";

        public EmptyWorkflow() => Step("nothing", 0, "Doing nothing", (_, _) => Task.FromResult(StepOutcome.Done()));

        public override string Kind => Name;

        public override TimeSpan Deadline => TimeSpan.FromMinutes(5);
    }
}
