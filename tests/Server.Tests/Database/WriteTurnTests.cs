using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Database;

/// <summary>On SQLite writers of one process take turns, and no way of ending keeps the turn.</summary>
public sealed class WriteTurnTests() : DatabaseTests(null)
{
    [Fact]
    public async Task A_save_a_transaction_and_a_lone_update_wait_for_the_turn_and_reading_does_not()
    {
        await using var server = await StartAsync();
        await using var saving = server.Db();
        await using var updating = server.Db();
        await using var transacting = server.Db();
        var turn = await server.Get<WriteTurn>().TakeAsync(CancellationToken.None);
        Task[] writers =
        [
            SaveAsync(saving, "one"),
            updating.Events.Where(e => e.Id < 0).ExecuteDeleteAsync(),
            transacting.TransactAsync(() => SaveAsync(transacting, "two"), CancellationToken.None),
        ];
        await using (var reading = server.Db()) (await reading.Users.CountAsync(u => u.Name == "one" || u.Name == "two")).ShouldBe(0);
        writers.ShouldAllBe(w => !w.IsCompleted);

        turn.Dispose();
        await Task.WhenAll(writers);

        await using var after = server.Db();
        (await after.Users.CountAsync(u => u.Name == "one" || u.Name == "two")).ShouldBe(2);
    }

    [Fact]
    public async Task A_writer_that_fails_or_gives_up_leaves_the_turn_to_the_next()
    {
        await using var server = await StartAsync();
        await using var db = server.Db();
        await Should.ThrowAsync<Microsoft.Data.Sqlite.SqliteException>(() => db.Database.ExecuteSqlRawAsync("delete from nothing_of_the_kind"));
        await Should.ThrowAsync<InvalidOperationException>(() => db.TransactAsync<int>(() => throw new InvalidOperationException("on purpose"), CancellationToken.None));
        using (await server.Get<WriteTurn>().TakeAsync(CancellationToken.None))
        {
            using var impatient = new CancellationTokenSource();
            var waiting = db.Events.Where(e => e.Id < 0).ExecuteDeleteAsync(impatient.Token);
            await impatient.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => waiting);
        }

        (await db.Events.Where(e => e.Id < 0).ExecuteDeleteAsync()).ShouldBe(0);
    }

    private static async Task<int> SaveAsync(WarrenDb db, string name)
    {
        db.Users.Add(new() { Id = name, Name = name });
        return await db.SaveChangesAsync();
    }
}
