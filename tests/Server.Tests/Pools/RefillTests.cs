using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Operations;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Pools;

/// <summary>How pools fill and shrink, on both databases.</summary>
public abstract class RefillTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    [Fact]
    public async Task It_fills_some_at_once_and_never_beyond_its_maximum()
    {
        await using var server = await StartAsync("Fake:Delays:Create=00:00:00.100");
        await server.AddImageAsync();
        await CreateAsync(server, Spec(5, max: 6));
        var most = 0;
        await PoolBecomesAsync(server, p =>
        {
            most = Math.Max(most, p.Filling);
            (p.Spares + p.Filling + p.Lent + p.Leaving).ShouldBeLessThanOrEqualTo(6);
            return p.Spares == 5;
        }, "is full");
        most.ShouldBe(2);
        for (var i = 0; i < 3; i++) await ClaimAsync(server);
        await PoolBecomesAsync(server, p => p is { Spares: 3, Lent: 3, Filling: 0 }, "has all that it may have");
        await server.EndAsync(await server.DeleteAsync($"claims/{(await server.Client.GetFromJsonAsync<Page<Lease>>("pools/p/claims", WarrenJson.Options))!.Items[0].Id}"));
        await PoolBecomesAsync(server, p => p is { Spares: 4, Lent: 2 }, "has another in the place of the one that was released");
        (await PoolAsync(server)).Statistics.FillMs!.Value.ShouldBeGreaterThanOrEqualTo(100);
    }

    [Fact]
    public async Task For_those_who_wait_machines_are_made_side_by_side()
    {
        await using var server = await StartAsync("Fake:Delays:Create=00:00:00.300", "Pools:FillingAtOnce=4");
        await server.AddImageAsync();
        await CreateAsync(server, Spec(1, max: 10));
        await FullAsync(server);
        await ClaimAsync(server, wait: 0);
        var waiting = Enumerable.Range(0, 4).Select(_ => ClaimAsync(server, wait: 60)).ToList();
        await PoolBecomesAsync(server, p => p.Filling == 4, "makes as many at once as it may");
        (await Task.WhenAll(waiting)).Select(l => l.MachineId).ShouldBeUnique();
        await FullAsync(server);
    }

    [Fact]
    public async Task What_people_ask_for_comes_before_what_is_done_ahead_of_time()
    {
        await using var server = await StartAsync("Operations:Parallel=0");
        await server.AddImageAsync();
        await CreateAsync(server, Spec(2));
        await PoolBecomesAsync(server, p => p.Filling == 2, "launches two");
        var mine = await server.PostAsync("machines", new LaunchRequest { Image = "tiny", MemoryMiB = 512 });
        var claims = server.Get<OperationClaims>();
        (await claims.ClaimAsync("test", [], TestContext.Current.CancellationToken))!.Id.ShouldBe(mine.Id);
        (await claims.ClaimAsync("test", [], TestContext.Current.CancellationToken))!.Priority.ShouldBeLessThan(0);
    }

    [Fact]
    public async Task It_is_resized_by_whoever_has_seen_what_it_is()
    {
        await using var server = await WithPoolAsync(Spec(2, max: 10));
        string tag;
        using (var seen = await server.Client.GetAsync("pools/p")) tag = seen.Headers.ETag!.ToString();
        // A claim is no change of what was stated.
        await ClaimAsync(server);
        await FullAsync(server);
        (await ResizeAsync(server, new ResizePoolRequest { Target = 4, Min = 1 }, tag)).ShouldBe(HttpStatusCode.OK);
        await PoolBecomesAsync(server, p => p.Spares == 4, "has grown");
        (await ResizeAsync(server, new ResizePoolRequest { Target = 1 }, tag)).ShouldBe(HttpStatusCode.PreconditionFailed);
        (await ResizeAsync(server, new ResizePoolRequest { Target = 1 })).ShouldBe(HttpStatusCode.OK);
        await PoolBecomesAsync(server, p => p is { Spares: 1, Lent: 1, Leaving: 0, Filling: 0 }, "has shrunk, and what is lent stays");
        (await RefusedAsync(server, HttpMethod.Patch, "pools/p", """{"target":11}""", 400)).Errors!.Keys.ShouldBe(["max"]);
        (await RefusedAsync(server, HttpMethod.Patch, "pools/p", "{}", 400)).Errors!.Keys.ShouldBe(["target"]);
    }

    [Fact]
    public async Task A_draining_pool_lends_nothing_and_lets_leases_be()
    {
        await using var server = await WithPoolAsync(Spec(2));
        var lease = await ClaimAsync(server);
        using (var drained = await server.Client.PostAsync("pools/p/drain", null)) drained.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await RefusedAsync(server, HttpMethod.Post, "pools/p/claims", "{}", 409)).Type.ShouldEndWith("illegal-state");
        await PoolBecomesAsync(server, p => p is { State: PoolState.Draining, Spares: 0, Filling: 0, Leaving: 0, Lent: 1 }, "has no spares");
        (await MachineAsync(server, lease.MachineId)).State.ShouldBe(MachineState.Running);
        using (var resumed = await server.Client.PostAsync("pools/p/resume", null)) resumed.StatusCode.ShouldBe(HttpStatusCode.OK);
        await FullAsync(server);
    }

    [Fact]
    public async Task A_spare_that_is_too_old_is_replaced_and_not_lent()
    {
        await using var server = await WithPoolAsync(Spec(2) with { MaxAgeSeconds = 600 });
        var old = await SparesAsync(server);
        server.Clock.Advance(TimeSpan.FromSeconds(601));
        old.ShouldNotContain((await ClaimAsync(server)).MachineId);
        await FullAsync(server);
        (await SparesAsync(server)).Intersect(old).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_spare_that_is_ill_is_replaced_and_not_lent()
    {
        await using var server = await WithPoolAsync(Spec(2, max: 8) with { Min = 2 });
        var ill = (await SparesAsync(server))[0];
        await Imitation(server).KillAsync(ill, TestContext.Current.CancellationToken);
        await Eventually.BecomesAsync(() => IsGoneAsync(server, ill), "the ill one is gone");
        await FullAsync(server);
        await using var db = server.Db();
        await Eventually.BecomesAsync(() => db.Pools.AnyAsync(p => !p.Low), "the pool is known to have enough");
        // None is made in its place: it is not low for a moment only.
        Imitation(server).Faults.Fail("Create", HypervisorErrorKind.Busy, 100_000);
        (await ClaimAsync(server)).MachineId.ShouldNotBe(ill);
        await Eventually.BecomesAsync(() => db.Events.AnyAsync(e => e.Type == "pool.low"), "an alert");
    }

    [Fact]
    public async Task A_spare_that_was_not_looked_at_for_long_is_not_lent()
    {
        await using var server = await WithPoolAsync(Spec(2, max: 2));
        // Nobody says how it is; nobody says that it is ill either.
        Imitation(server).Faults.Fail("Observe", HypervisorErrorKind.Busy, 100_000);
        server.Clock.Advance(TimeSpan.FromMinutes(3));
        (await TryClaimAsync(server)).ShouldBeNull();
        Imitation(server).Faults.Clear();
        await ClaimAsync(server);
    }

    [Fact]
    public async Task While_launches_fail_it_pauses_and_says_why()
    {
        await using var server = await StartAsync("Pools:PauseSeconds=60");
        await server.AddImageAsync();
        Imitation(server).Faults.Fail("Create", HypervisorErrorKind.Rejected, 100_000);
        await CreateAsync(server, Spec(3));
        await PoolBecomesAsync(server, p => p is { Problem: not null, RetryAt: not null, Filling: 0, Leaving: 0 }, "says why");
        await using var db = server.Db();
        var launches = await db.Operations.CountAsync(o => o.Kind == "machine.launch");
        launches.ShouldBeInRange(1, 2);
        using (var answer = await PostClaimAsync(server)) answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeGreaterThan(30);
        Imitation(server).Faults.Clear();
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        await FullAsync(server);
        (await PoolAsync(server)).ShouldSatisfyAllConditions(p => p.Problem.ShouldBeNull(), p => p.RetryAt.ShouldBeNull());
    }

    [Fact]
    public async Task What_cannot_be_a_pool_is_refused()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        async Task<ICollection<string>> FieldsAsync(string json) => (await RefusedAsync(server, HttpMethod.Post, "pools", json, 400)).Errors!.Keys.ToList();
        (await FieldsAsync("""{"name":"P","target":-1,"max":500,"machine":{"image":"tiny"}}""")).ShouldBe(["name", "target", "max"], ignoreOrder: true);
        (await FieldsAsync("""{"name":"p","target":1,"machine":{"image":"tiny","name":"x","ttlSeconds":60,"start":false,"forwards":[{"guestPort":80,"hostPort":22001}]}}"""))
            .ShouldBe(["machine.name", "machine.ttlSeconds", "machine.start", "machine.forwards[0].hostPort"], ignoreOrder: true);
        (await FieldsAsync("""{"name":"p","target":1,"machine":{"image":"nothing"}}""")).ShouldBe(["machine.image"]);
        await CreateAsync(server, Spec(0));
        (await RefusedAsync(server, HttpMethod.Post, "pools", """{"name":"p","target":1,"machine":{"image":"tiny"}}""", 409)).Type.ShouldEndWith("name-taken");
    }

    internal static async Task<List<string>> SparesAsync(TestServer server)
    {
        await using var db = server.Db();
        return await db.Machines.Where(m => m.PoolPlace == PoolPlace.Spare).OrderBy(m => m.SpareSince).ThenBy(m => m.Id).Select(m => m.Id).ToListAsync();
    }

    private static async Task<HttpStatusCode> ResizeAsync(TestServer server, ResizePoolRequest body, string? tag = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, "pools/p") { Content = JsonContent.Create(body, options: WarrenJson.Options) };
        if (tag is not null) request.Headers.Add("If-Match", tag);
        using var answer = await server.Client.SendAsync(request);
        return answer.StatusCode;
    }
}

public sealed class SqliteRefillTests() : RefillTests(null);

public sealed class PostgresRefillTests(PostgresCluster cluster) : RefillTests(cluster);
