using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Audit;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>When entries are written: before the answer, by many at once, by the server itself, and when the database takes nothing.</summary>
public abstract class AuditWritingTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Hundreds_at_once_make_one_chain_without_a_gap()
    {
        await using var server = await StartAsync();
        var before = await server.LastAsync();
        var made = new List<int>();
        // In five waves: beyond five seconds an answer does not wait for its entry any more.
        foreach (var wave in Enumerable.Range(0, 300).Chunk(60)) made.AddRange(await Task.WhenAll(wave.Select(async i =>
        {
            // Each answer finds its entry there already.
            var project = await server.Client.MakeAsync<Project>("projects", new CreateProjectRequest($"p-{i}"));
            await using var db = server.Db();
            return await db.AuditEntries.CountAsync(e => e.SubjectId == project.Id);
        })));
        made.ShouldAllBe(count => count == 1);
        var found = await server.VerifyAsync();
        (found.Intact, found.Problem, found.Head.Seq).ShouldBe((true, null, before + 300));
    }

    [Fact]
    public async Task What_is_asked_for_and_what_becomes_of_it_are_two_entries_that_know_each_other()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "web", Image = "tiny" });
        var entries = (await server.EntriesAsync()).Where(e => e.SubjectKind == "machine").ToList();
        var (asked, ended) = (entries.Single(e => e.Action == "machine.launch"), entries.Single(e => e.Action == "machine.launch.ended"));
        (asked.Actor, asked.SubjectId, asked.SubjectName, asked.Result, asked.Status, asked.Detail["image"]).ShouldBe((AuditActor.Person, machine.Id, "web", AuditResult.Ok, 202, "tiny"));
        (ended.Actor, ended.SubjectId, ended.Result, ended.Detail["status"]).ShouldBe((AuditActor.System, machine.Id, AuditResult.Ok, "succeeded"));
        asked.OperationId.ShouldNotBeNull().ShouldBe(ended.OperationId);
        asked.ProjectId.ShouldNotBeNull().ShouldBe(ended.ProjectId);
        asked.Credential.ShouldNotBeNull().ShouldStartWith("token:");
    }

    [Fact]
    public async Task A_machine_whose_time_is_over_is_deleted_by_the_server()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Name = "web", Image = "tiny", TtlSeconds = 60 });
        server.Clock.Advance(TimeSpan.FromSeconds(90));
        await Eventually.BecomesAsync(async () => (await server.EntriesAsync()).Any(e => e.Action == "machine.delete.ended"), "the deletion has ended");
        var begun = (await server.EntriesAsync()).Single(e => e.Action == "machine.delete");
        (begun.Actor, begun.UserId, begun.SubjectId, begun.Address).ShouldBe((AuditActor.System, null, machine.Id, null));
        (await server.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Fact]
    public async Task A_database_that_takes_nothing_holds_answers_up_for_a_while_and_loses_nothing()
    {
        await using var server = await StartAsync();
        await server.TamperAsync();
        await using var db = server.Db();
        await db.Database.ExecuteSqlRawAsync("alter table audit_entries rename to audit_away");
        await server.Client.MakeAsync<Project>("projects", new CreateProjectRequest("meanwhile"));
        await db.Database.ExecuteSqlRawAsync("alter table audit_away rename to audit_entries");
        await Eventually.BecomesAsync(async () => (await server.EntriesAsync()).Any(e => e.SubjectName == "meanwhile"), "the entry is there");
    }

    [Fact]
    public async Task Stopped_in_order_the_server_has_written_all()
    {
        var folder = Directory.CreateTempSubdirectory("warren-").FullName;
        var server = await TestServer.StartAsync(data: folder);
        var writer = server.Get<AuditWriter>();
        var writing = Enumerable.Range(0, 500).Select(i => writer.WriteAsync(SystemEntries.Of($"test.{i}", server.Clock.GetUtcNow(), AuditResult.Ok))).ToList();
        await server.DisposeAsync();
        await Task.WhenAll(writing);
        await using (var again = await TestServer.StartAsync(data: folder))
        {
            (await again.EntriesAsync()).Count(e => e.Action.StartsWith("test.", StringComparison.Ordinal)).ShouldBe(500);
            (await again.VerifyAsync()).Intact.ShouldBeTrue();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Of_a_stranger_who_goes_on_trying_only_so_many_entries_are_written_and_the_others_counted()
    {
        await using var server = await StartAsync(settings: ["Audit:StrangersPerAddress=5"]);
        var stranger = server.Anonymous();
        for (var i = 0; i < 12; i++)
            using (var answer = await stranger.PostAsJsonAsync("machines", new { })) ((int)answer.StatusCode).ShouldBe(401);
        (await server.EntriesAsync()).Count(e => e.Action == "machine.launch").ShouldBe(5);
        // What is done is always written down.
        await server.Client.MakeAsync<Project>("projects", new CreateProjectRequest("p"));
        (await server.EntriesAsync()).Count(e => e.Action == "project.create").ShouldBe(1);
        await server.Get<Strangers>().StopAsync(CancellationToken.None);
        var summed = (await server.EntriesAsync()).Single(e => e.Action == Strangers.Action);
        (summed.Actor, summed.Result, summed.Detail["count"]).ShouldBe((AuditActor.System, AuditResult.Refused, "7"));
    }

    [Fact]
    public async Task Of_what_one_user_is_refused_only_so_much_is_written_and_the_rest_counted_by_name()
    {
        await using var server = await StartAsync(settings: ["Audit:RefusedPerUser=3"]);
        var ann = await server.ProgramAsync("ann");
        for (var i = 0; i < 8; i++)
            using (var answer = await ann.DeleteAsync("machines/nowhere")) ((int)answer.StatusCode).ShouldBe(404);
        (await server.EntriesAsync()).Count(e => e.Action == "machine.delete").ShouldBe(3);
        await ann.MakeAsync<Project>("projects", new CreateProjectRequest("p"));
        await server.Get<Strangers>().StopAsync(CancellationToken.None);
        var entries = await server.EntriesAsync();
        entries.Count(e => e.Action == "project.create").ShouldBe(1);
        var summed = entries.Single(e => e.Action == Strangers.KnownAction);
        (summed.Actor, summed.UserName, summed.Detail["count"]).ShouldBe((AuditActor.System, "ann", "5"));
    }
}

public sealed class SqliteAuditWritingTests() : AuditWritingTests(null);

public sealed class PostgresAuditWritingTests(PostgresCluster cluster) : AuditWritingTests(cluster)
{
    private readonly PostgresCluster _cluster = cluster;

    [Fact]
    public async Task Two_servers_on_one_database_write_one_chain()
    {
        var database = await _cluster.CreateDatabaseAsync();
        await using var one = await TestServer.StartAsync(database);
        await using var two = await TestServer.StartAsync(database, clock: one.Clock, data: one.Data);
        await one.AddImageAsync();
        var before = (await one.EntriesAsync()).Count(e => e.Actor != AuditActor.System);
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            var client = i % 2 == 0 ? one.Client : two.Client;
            // Operations, whose ends are written by the workers of both, among ordinary changes.
            if (i % 20 == 0) await client.MakeAsync<Operation>("machines", new LaunchRequest { Name = $"m-{i}", Image = "tiny", MemoryMiB = 128 });
            else await client.MakeAsync<Project>("projects", new CreateProjectRequest($"p-{i}"));
        }));
        await Eventually.BecomesAsync(async () => (await one.EntriesAsync()).Count(e => e.Action == "machine.launch.ended") == 20, "all launches have ended");
        var entries = await one.EntriesAsync();
        entries.Count(e => e.Actor != AuditActor.System).ShouldBe(before + 400);
        entries.Select(e => e.Seq).ShouldBe(Enumerable.Range(1, entries.Count).Select(i => (long)i));
        foreach (var server in new[] { one, two }) (await server.VerifyAsync()).Problem.ShouldBeNull();
    }
}
