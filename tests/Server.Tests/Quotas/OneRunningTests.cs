using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Pools;
using static Warren.Server.Tests.Quotas.QuotaTests;

namespace Warren.Server.Tests.Quotas;

/// <summary>One running machine for each user, and what pools lend, on both databases.</summary>
public abstract class OneRunningTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    private static readonly LaunchRequest s_small = new() { Image = "tiny", MemoryMiB = 512, DiskGiB = 5 };

    [Fact]
    public async Task A_second_launch_start_fork_or_restore_is_answered_with_the_machine_that_runs()
    {
        await using var server = await StartAsync("Limits:OneRunningMachine=true");
        await server.AddImageAsync();
        await server.LaunchAsync(s_small with { Name = "off", Start = false });
        var on = await server.LaunchAsync(s_small with { Name = "on" });
        foreach (var (path, body) in new (string, object?)[] { ("machines", s_small), ("machines/off/start", null), ("machines/on/fork", new ForkRequest()), ("machines/off/clone", new CloneRequest()) })
        {
            var problem = await ProblemAsync(server.Client, path, body);
            (problem.Status, problem.Type).ShouldBe((409, "urn:warren:problem:already-running"), path);
            problem.Machine.ShouldBe(new RunningMachine(on.Id, "on", "default", $"{server.Url}/machines/on"));
            problem.Detail!.ShouldContain($"{server.Url}/machines/on");
        }

        (await server.EndAsync(await server.PostAsync("machines/on/snapshots", new TakeSnapshotRequest { Name = "s", Memory = true }))).Status.ShouldBe(OperationStatus.Succeeded);
        (await server.EndAsync(await server.PostAsync("machines/on/snapshots/s/restore"))).Status.ShouldBe(OperationStatus.Succeeded, "it is that machine");
        // What is not started is none that runs, and one that has been stopped is none either.
        await server.LaunchAsync(s_small with { Name = "more", Start = false });
        await server.EndAsync(await server.PostAsync("machines/on/stop", new StopRequest { Force = true }));
        (await server.EndAsync(await server.PostAsync("machines/off/start"))).Status.ShouldBe(OperationStatus.Succeeded);
        foreach (var path in new[] { "machines/on/start", "machines/on/snapshots/s/restore" }) (await ProblemAsync(server.Client, path, null)).Machine!.Name.ShouldBe("off", path);
        (await server.EndAsync(await server.PostAsync("machines/off/restart", new StopRequest { Force = true }))).Status.ShouldBe(OperationStatus.Succeeded, "it is that machine");
    }

    [Fact]
    public async Task Of_two_launches_at_once_one_is_made()
    {
        await using var server = await StartAsync("Limits:OneRunningMachine=true");
        await server.AddImageAsync();
        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var answer = await server.Client.PostAsync("machines", s_small);
            return (int)answer.StatusCode;
        }));
        (statuses.Count(s => s == 202), statuses.Count(s => s == 409)).ShouldBe((1, 7));
    }

    [Fact]
    public async Task It_is_set_for_a_project_or_a_user_and_tells_nobody_of_machines_that_they_do_not_see()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var ann = await ClassmateAsync(server, "ann");
        var bob = await ClassmateAsync(server, "bob");
        await SetAsync(server.Client, "projects/default", new() { OneRunningMachine = true });
        await SetAsync(server.Client, "users/owner", new() { OneRunningMachine = false });
        (await ann.ReadAsync<Limits>("limits")).User!.Limits.OneRunningMachine.ShouldBe(true);
        (await server.Client.ReadAsync<Limits>("limits")).User!.Limits.OneRunningMachine.ShouldBe(false, "the user's own setting goes before the project's");
        foreach (var name in new[] { "a", "b" }) await server.LaunchAsync(s_small with { Name = name });
        await RunsAsync(server, ann, s_small with { Name = "anns" });
        (await ProblemAsync(ann, "machines", s_small)).Machine!.Name.ShouldBe("anns");
        await RunsAsync(server, ann, s_small with { Name = "spare", Start = false });
        (await ProblemAsync(bob, "machines/spare/start", null)).Machine!.Name.ShouldBe("anns", "it is hers that he starts, and he sees both");

        await server.Client.MakeAsync<Template>("templates", new { yaml = "name: small\nimage: tiny\nresources:\n  memory: 512M\n  disk: 5G\n" });
        var confined = server.Bearer((await server.Client.MakeAsync<CreatedToken>("users/ann/tokens", new CreateTokenRequest { Name = "c", Project = "default", Template = "small" })).Secret);
        (await ProblemAsync(confined, "machines", new LaunchRequest { Template = "small" })).ShouldSatisfyAllConditions(
            p => p.Type.ShouldEndWith("already-running"), p => p.Machine.ShouldBeNull("a confined token hears of what it made alone"), p => p.Detail!.ShouldNotContain("anns"));

        // In a project of its own hers does not count, unless the rule is hers.
        var image = await server.AddImageAsync("hers");
        await using (var db = server.Db())
        {
            var own = db.Projects.Single(p => p.Name == "ann");
            db.Images.Single(i => i.Id == image).ProjectId = own.Id;
            await db.SaveChangesAsync();
        }

        var home = server.Bearer((await server.Client.MakeAsync<CreatedToken>("users/ann/tokens", new CreateTokenRequest { Name = "home", Project = "ann" })).Secret);
        await RunsAsync(server, home, s_small with { Name = "secret", Image = "hers" });
        await SetAsync(server.Client, "users/ann", new() { OneRunningMachine = true });
        await server.EndAsync(await server.PostAsync("machines/anns/stop", new StopRequest { Force = true }));
        (await ProblemAsync(home, "machines", s_small with { Image = "hers" })).Machine!.ShouldSatisfyAllConditions(m => m.Name.ShouldBe("secret"), m => m.Project.ShouldBe("ann"));
        (await ProblemAsync(ann, "machines", s_small)).ShouldSatisfyAllConditions(
            p => p.Type.ShouldEndWith("already-running"), p => p.Machine.ShouldBeNull("a token of another project sees nothing of this one"), p => p.Detail!.ShouldNotContain("secret"));
        (await ProblemAsync(bob, "machines/spare/start", null)).ShouldSatisfyAllConditions(p => p.Type.ShouldEndWith("already-running"), p => p.Machine.ShouldBeNull(), p => p.Detail!.ShouldNotContain("secret"));
    }

    [Fact]
    public async Task A_claim_counts_for_who_claims_and_what_is_refused_stays_a_spare()
    {
        await using var server = await WithPoolAsync(Spec(3, max: 4), "Limits:OneRunningMachine=true");
        var ann = await ClassmateAsync(server, "ann");
        var lease = await ann.MakeAsync<Lease>("pools/p/claims", new ClaimRequest());
        var problem = await ProblemAsync(ann, "pools/p/claims", new ClaimRequest());
        (problem.Status, problem.Machine!.Id).ShouldBe((409, lease.MachineId));
        // Spares are nobody's: the owner, who made the pool, may have one, too.
        await ClaimAsync(server, wait: 0);
        (await ProblemAsync(server.Client, "pools/p/claims", new ClaimRequest())).Type.ShouldEndWith("already-running");
        await PoolBecomesAsync(server, p => p is { Lent: 2, Spares: 2, Filling: 0 }, "has kept what was refused");

        await SetAsync(server.Client, "users/ann", new() { OneRunningMachine = false, MemoryMiB = 1023 });
        (await ProblemAsync(ann, "pools/p/claims", new ClaimRequest())).Exceeded!.ShouldBe([new QuotaExcess("memoryMiB", 1023, 512, 512, QuotaScope.User, "ann")]);
        await SetAsync(server.Client, "users/ann", new() { OneRunningMachine = false, MemoryMiB = 1024 });
        await ann.MakeAsync<Lease>("pools/p/claims", new ClaimRequest());
        await PoolBecomesAsync(server, p => p is { Lent: 3, Spares: 1 }, "is at its end");
    }

    [Fact]
    public async Task Who_may_have_none_does_not_wait_for_one_and_a_full_pool_is_waited_for()
    {
        await using var server = await WithPoolAsync(Spec(1, max: 1));
        var first = await ClaimAsync(server, wait: 0);
        await SetAsync(server.Client, "projects/default", new() { Machines = 1 });
        var ann = await ClassmateAsync(server, "ann");
        await SetAsync(server.Client, "users/ann", new() { Machines = 0 });
        (await ProblemAsync(ann, "pools/p/claims?wait=60", new ClaimRequest())).Type.ShouldEndWith("quota-exceeded");
        // The project's machines are the pool's: a claim takes none in addition.
        var waiting = ClaimAsync(server, wait: 60);
        await PoolBecomesAsync(server, p => p.Waiting == 1, "one waits");
        await server.EndAsync(await server.DeleteAsync($"claims/{first.Id}"));
        (await waiting).MachineId.ShouldNotBe(first.MachineId);
    }

    [Fact]
    public async Task A_pool_says_what_keeps_it_from_filling()
    {
        await using var server = await StartAsync("Limits:PerUser:RunningMachines=2");
        await server.AddImageAsync();
        await CreateAsync(server, Spec(3));
        // In one look: the next try may be under way at another.
        var excess = new QuotaExcess("runningMachines", 2, 2, 1, QuotaScope.User, "owner");
        await PoolBecomesAsync(server, p => p.Spares == 2 && p.Problem?.Exceeded is [var told] && told == excess, "has two, and a problem");
    }

    private static async Task RunsAsync(TestServer server, HttpClient who, LaunchRequest request)
        => (await server.EndAsync(await who.MakeAsync<Operation>("machines", request))).Status.ShouldBe(OperationStatus.Succeeded);
}

public sealed class SqliteOneRunningTests() : OneRunningTests(null);

public sealed class PostgresOneRunningTests(PostgresCluster cluster) : OneRunningTests(cluster);
