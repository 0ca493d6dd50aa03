using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Pools;

/// <summary>Claims over the API, on both databases.</summary>
public abstract class ClaimTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    [Fact]
    public async Task Of_many_claims_at_once_none_gets_what_another_has()
    {
        await using var server = await WithPoolAsync(Spec(10, max: 10), "Pools:FillingAtOnce=10");
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => TryClaimAsync(server)));
        var leases = answers.OfType<Lease>().ToList();
        leases.Count.ShouldBe(10);
        leases.Select(l => l.MachineId).ShouldBeUnique();

        var machines = (await server.Client.GetFromJsonAsync<Page<Machine>>("machines", WarrenJson.Options))!.Items;
        machines.Select(m => (m.Id, m.Lease, m.Pool, m.PoolPlace)).ShouldBe(leases.Select(l => (l.MachineId, (string?)l.Id, (string?)"p", (PoolPlace?)PoolPlace.Lent)), ignoreOrder: true);
        foreach (var lease in leases) machines.Single(m => m.Id == lease.MachineId).ExpiresAt.ShouldBe(lease.ExpiresAt);
        await PoolBecomesAsync(server, p => p is { Spares: 0, Lent: 10, Filling: 0, Statistics: { Hits: 10, Misses: 40, Refused: 40, HitRate: 0.2 } }, "has counted");
    }

    [Fact]
    public async Task Those_who_wait_are_served_in_the_order_in_which_they_came()
    {
        await using var server = await WithPoolAsync(Spec(1, max: 30));
        await ClaimAsync(server, wait: 0);
        var waiting = new List<Task<Lease>>();
        for (var i = 0; i < 12; i++)
        {
            waiting.Add(ClaimAsync(server, wait: 60, new ClaimRequest { Name = $"w{i}" }));
            // In line before the next one comes, or served already.
            var come = i + 2;
            await Eventually.BecomesAsync(async () =>
            {
                await using var db = server.Db();
                return await db.Leases.CountAsync() + await db.Tickets.CountAsync() >= come;
            }, $"the claim {i} has come");
        }

        var leases = await Task.WhenAll(waiting);
        leases.Select(l => l.MachineName).ShouldBe(Enumerable.Range(0, 12).Select(i => $"w{i}"));
        leases.Select(l => l.ClaimedAt).ShouldBeInOrder();
        leases.Count(l => l.WaitedMs > 0).ShouldBeGreaterThan(6);
        await PoolBecomesAsync(server, p => p.Waiting == 0 && p.Statistics.Hits + p.Statistics.Misses == 13 && p.Statistics.WaitP99Ms > 0, "has counted those who waited");
    }

    [Fact]
    public async Task A_spare_that_has_died_unseen_is_passed_over()
    {
        await using var server = await WithPoolAsync(Spec(2), "Hosts:CallLimits:Observe=00:00:03");
        var spares = await RefillTests.SparesAsync(server);
        // Nobody sees it go: it is the claim itself that must.
        Imitation(server).Faults.Hang("Observe");
        await Imitation(server).KillAsync(spares[0], TestContext.Current.CancellationToken);
        (await ClaimAsync(server, wait: 0)).MachineId.ShouldBe(spares[1]);
        Imitation(server).Faults.Clear();
        await Eventually.BecomesAsync(() => IsGoneAsync(server, spares[0]), "the dead one is replaced");
        await FullAsync(server);
    }

    [Fact]
    public async Task A_ticket_that_could_not_be_given_back_does_not_hold_up_the_line()
    {
        var fault = new TicketFault();
        await using var server = await StartAsync(services => services.ConfigureDbContext<WarrenDb>(options => options.AddInterceptors(fault)));
        await server.AddImageAsync();
        await CreateAsync(server, Spec(1, max: 1));
        await FullAsync(server);
        var first = await ClaimAsync(server, wait: 0);
        fault.Arm();
        using (var lost = await PostClaimAsync(server, wait: 1)) lost.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        var next = ClaimAsync(server, wait: 60);
        await using var db = server.Db();
        await Eventually.BecomesAsync(async () => await db.Tickets.CountAsync() == 2, "one waits behind it");
        await server.EndAsync(await server.DeleteAsync($"claims/{first.Id}"));
        // What nobody keeps alive is over after seconds; held up, it would end with its wait, and without a lease.
        (await next).MachineId.ShouldNotBe(first.MachineId);
    }

    [Fact]
    public async Task A_newcomer_does_not_overtake_those_who_wait()
    {
        await using var server = await WithPoolAsync(Spec(1, max: 1));
        var first = await ClaimAsync(server, wait: 0);
        var second = ClaimAsync(server, wait: 60);
        await PoolBecomesAsync(server, p => p.Waiting == 1, "one waits");
        await server.EndAsync(await server.DeleteAsync($"claims/{first.Id}"));
        // A dead server's ticket in front counts until it has not been heard of for a while, and no longer.
        while (!second.IsCompleted)
        {
            var lease = await TryClaimAsync(server);
            if (lease is not null) second.IsCompleted.ShouldBeTrue("somebody who did not wait was served before one who did");
        }

        (await second).MachineId.ShouldNotBe(first.MachineId);
    }

    [Fact]
    public async Task With_no_spare_it_is_told_when_to_come_back_and_nothing_is_left_of_those_who_gave_up()
    {
        await using var server = await WithPoolAsync(Spec(1, max: 1));
        await ClaimAsync(server, wait: 0);
        using (var answer = await PostClaimAsync(server, wait: 1))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
            var problem = (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
            problem.Type.ShouldEndWith("pool-empty");
            problem.RetryAfterSeconds.ShouldBe((int)answer.Headers.RetryAfter.Delta.Value.TotalSeconds);
            problem.Detail!.ShouldContain("all of the 1 machines");
        }

        using (var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(300)))
            await Should.ThrowAsync<OperationCanceledException>(() => server.Client.PostAsJsonAsync("pools/p/claims?wait=60", new ClaimRequest(), WarrenJson.Options, gone.Token));
        await PoolBecomesAsync(server, p => p is { Waiting: 0, Statistics.Refused: 1 }, "nobody waits any more");
        await using var db = server.Db();
        (await db.Tickets.CountAsync()).ShouldBe(0);
        (await RefusedAsync(server, HttpMethod.Post, "pools/p/claims?wait=61", "{}", 400)).Errors!.Keys.ShouldBe(["wait"]);
        (await RefusedAsync(server, HttpMethod.Post, "pools/p/claims", """{"ttlSeconds":86401}""", 400)).Errors!.Keys.ShouldBe(["ttlSeconds"]);
        (await RefusedAsync(server, HttpMethod.Post, "pools/p/claims", """{"name":"A B"}""", 400)).Errors!.Keys.ShouldBe(["name"]);
    }

    [Fact]
    public async Task The_same_key_gets_the_same_lease_however_often_it_comes()
    {
        await using var server = await WithPoolAsync(Spec(4));
        var leases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ClaimAsync(server, wait: 0, key: "k1")));
        leases.Select(l => l.Id).Distinct().Count().ShouldBe(1);
        using (var again = await PostClaimAsync(server, key: "k1"))
        {
            again.StatusCode.ShouldBe(HttpStatusCode.Created);
            again.Headers.Contains("Idempotency-Replayed").ShouldBeTrue();
            again.Headers.Location!.ToString().ShouldBe($"/api/v1/claims/{leases[0].Id}");
        }

        using (var other = await PostClaimAsync(server, request: new ClaimRequest { TtlSeconds = 60 }, key: "k1"))
            other.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await ClaimAsync(server, wait: 0, key: "k2")).Id.ShouldNotBe(leases[0].Id);
        (await PoolAsync(server)).Lent.ShouldBe(2);
    }

    [Fact]
    public async Task A_name_is_given_or_refused_when_it_is_taken()
    {
        await using var server = await WithPoolAsync(Spec(2));
        (await ClaimAsync(server, request: new ClaimRequest { Name = "mine" })).MachineName.ShouldBe("mine");
        using var answer = await PostClaimAsync(server, wait: 30, new ClaimRequest { Name = "mine" });
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Type.ShouldEndWith("name-taken");
        (await PoolAsync(server)).Lent.ShouldBe(1);
    }

    [Fact]
    public async Task Another_user_gets_the_machine_and_owns_it()
    {
        await using var server = await WithPoolAsync(Spec(1));
        await using (var db = server.Db())
        {
            var project = (await db.Projects.SingleAsync()).Id;
            db.Users.Add(new() { Id = "u2", Name = "ann", Role = UserRole.Member, CreatedAt = server.Clock.GetUtcNow() });
            db.ProjectMembers.Add(new() { ProjectId = project, UserId = "u2", Role = ProjectRole.Member, CreatedAt = server.Clock.GetUtcNow() });
            db.Tokens.Add(new() { Id = "t2", Hash = Server.Access.Secrets.Hash("wrn_ann"), Name = "ann", UserId = "u2", ProjectId = project, CreatedAt = server.Clock.GetUtcNow() });
            await db.SaveChangesAsync();
        }

        using var ann = server.Anonymous();
        ann.DefaultRequestHeaders.Authorization = new("Bearer", "wrn_ann");
        using var answer = await ann.PostAsJsonAsync("pools/p/claims", new ClaimRequest(), WarrenJson.Options);
        var lease = (await answer.Content.ReadFromJsonAsync<Lease>(WarrenJson.Options))!;
        lease.Holder.ShouldBe("ann");
        (await MachineAsync(server, lease.MachineId)).Owner.ShouldBe("ann");
        (lease.ExpiresAt - lease.ClaimedAt).TotalSeconds.ShouldBe(3600, 0.1, lease.ExpiresAt.ToString(CultureInfo.InvariantCulture));
    }
}

public sealed class SqliteClaimTests() : ClaimTests(null);

public sealed class PostgresClaimTests(PostgresCluster cluster) : ClaimTests(cluster);
