using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Operations;
using Warren.Server.Tests.Pools;

namespace Warren.Server.Tests.Quotas;

/// <summary>One who asks a hundred times does not keep out another who asks once; on both databases.</summary>
public abstract class FairnessTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    [Fact]
    public async Task Of_operations_that_wait_those_of_who_has_the_least_under_way_come_first()
    {
        await using var server = await StartAsync(services => services.AddSingleton<Workflow>(new ScriptedWorkflow()), "Operations:Parallel=0");
        for (var i = 0; i < 20; i++) await EnqueueAsync(server, "busy", $"a{i}");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EnqueueAsync(server, "quiet", "b0");
        await EnqueueAsync(server, "quiet", "b1");
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        await EnqueueAsync(server, "ahead", "spare", priority: -10);

        var claims = server.Get<OperationClaims>();
        var order = new List<string>();
        OperationRow? last = null;
        for (var i = 0; i < 7; i++) order.Add((last = (await claims.ClaimAsync("w", [], default))!).SubjectId);
        order.ShouldBe(["a0", "b0", "a1", "b1", "a2", "a3", "a4"]);
        // What is done counts no more: the next one is the oldest again.
        await EnqueueAsync(server, "quiet", "b2");
        await server.Get<StepSettlement>().CommitAsync(new ScriptedWorkflow(), last!, StepOutcome.Done(), default);
        (await claims.ClaimAsync("w", [], default))!.SubjectId.ShouldBe("b2");
        for (var i = 5; i < 20; i++) (await claims.ClaimAsync("w", [], default))!.SubjectId.ShouldBe($"a{i}");
        (await claims.ClaimAsync("w", [], default))!.SubjectId.ShouldBe("spare", "what people ask for goes before what is done ahead of time, whoever has how much under way");
    }

    [Fact]
    public async Task Of_claims_that_wait_those_of_who_holds_the_fewest_leases_come_first()
    {
        await using var server = await WithPoolAsync(Spec(1, max: 1));
        var ann = await QuotaTests.ClassmateAsync(server, "ann");
        var bob = await QuotaTests.ClassmateAsync(server, "bob");
        var first = await ClaimAsync(server, wait: 0);
        // Of ann's the first is served, whatever comes: then she has one, and bob has none.
        var hers = new List<Task<Lease>>();
        for (var i = 0; i < 6; i++) hers.Add(await WaitingAsync(server, ann, i + 1));
        var his = await WaitingAsync(server, bob, 7);
        using (var resize = await server.Client.PatchAsync("pools/p", new StringContent("""{"max":3}""", System.Text.Encoding.UTF8, "application/json"))) resize.EnsureSuccessStatusCode();
        var lease = await his.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);
        await PoolBecomesAsync(server, p => p.Lent == 3, "has lent all");
        hers.Count(h => h.IsCompleted).ShouldBe(1);
        (await hers[0]).ClaimedAt.ShouldBeLessThanOrEqualTo(lease.ClaimedAt);

        // Who waits and holds one does not keep a newcomer out who holds none.
        var owners = await WaitingAsync(server, server.Client, 6);
        await server.EndAsync(await server.DeleteAsync($"claims/{first.Id}"));
        (await owners).ClaimedAt.ShouldBeGreaterThan(lease.ClaimedAt);
        hers.Count(h => h.IsCompleted).ShouldBe(1);
    }

    private static async Task<Task<Lease>> WaitingAsync(TestServer server, HttpClient who, int waiting)
    {
        var claim = who.MakeAsync<Lease>("pools/p/claims?wait=60", new ClaimRequest());
        await Eventually.BecomesAsync(async () =>
        {
            await using var db = server.Db();
            return await db.Tickets.CountAsync() == waiting;
        }, $"{waiting} wait");
        return claim;
    }

    private static async Task EnqueueAsync(TestServer server, string owner, string subject, int priority = 0)
    {
        await using var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        scope.ServiceProvider.GetRequiredService<OperationQueue>().Enqueue(ScriptedWorkflow.Name, "machine", subject, subject, new Whose(owner)).Priority = priority;
        await db.SaveChangesAsync();
        // Each is older than the next.
        server.Clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    private sealed record Whose(string OwnerId) : IOwned
    {
        public string ProjectId => "p";
    }
}

public sealed class SqliteFairnessTests() : FairnessTests(null);

public sealed class PostgresFairnessTests(PostgresCluster cluster) : FairnessTests(cluster);
