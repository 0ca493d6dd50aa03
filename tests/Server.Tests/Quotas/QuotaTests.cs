using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Quotas;

/// <summary>What users and projects may have, on both databases.</summary>
public abstract class QuotaTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    private readonly PostgresCluster? _cluster = cluster;

    /// <summary>512 MiB, 1 CPU, 5 GiB.</summary>
    private static readonly LaunchRequest s_small = new() { Image = "tiny", MemoryMiB = 512, Cpus = 1, DiskGiB = 5 };

    [Fact]
    public async Task Whatever_would_exceed_a_quota_is_refused_and_leaves_nothing()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await server.LaunchAsync(s_small with { Name = "on" });
        await server.LaunchAsync(s_small with { Name = "off", Start = false });
        await server.EndAsync(await server.PostAsync("machines/on/snapshots", new TakeSnapshotRequest { Name = "one" }));
        (await server.Client.MakeAsync<Template>("templates", new { yaml = "name: small\nimage: tiny\nresources:\n  memory: 512M\n  disk: 5G\n" })).Name.ShouldBe("small");
        (await server.EndAsync(await server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = "g", Machine = "off", Kind = GoldenImageKind.Disk }))).Status.ShouldBe(OperationStatus.Succeeded);
        var before = await RowsAsync(server);

        await RefusesAsync(new() { Machines = 2 }, "machines", new("machines", 2, 2, 1, QuotaScope.User, "owner"), s_small);
        await RefusesAsync(new() { Machines = 2 }, "machines", new("machines", 2, 2, 1, QuotaScope.User, "owner"), new LaunchRequest { Template = "small" });
        await RefusesAsync(new() { DiskGiB = 14 }, "machines", new("diskGiB", 14, 10, 5, QuotaScope.User, "owner"), new LaunchRequest { GoldenImage = "g" });
        await RefusesAsync(new() { RunningMachines = 1 }, "machines", new("runningMachines", 1, 1, 1, QuotaScope.User, "owner"), s_small);
        await RefusesAsync(new() { Cpus = 3 }, "machines", new("cpus", 3, 2, 2, QuotaScope.User, "owner"), s_small with { Cpus = 2 });
        await RefusesAsync(new() { MemoryMiB = 1535 }, "machines", new("memoryMiB", 1535, 1024, 512, QuotaScope.User, "owner"), s_small);
        await RefusesAsync(new() { DiskGiB = 20 }, "machines", new("diskGiB", 20, 10, 11, QuotaScope.User, "owner"), s_small with { DataDisks = [new() { SizeGiB = 4 }, new() { SizeGiB = 2 }] });
        await RefusesAsync(new() { Machines = 5 }, "machines/on/fork", new("machines", 5, 2, 4, QuotaScope.User, "owner"), new ForkRequest { Count = 4 });
        await RefusesAsync(new() { MemoryMiB = 2047 }, "machines/on/fork", new("memoryMiB", 2047, 1024, 1024, QuotaScope.User, "owner"), new ForkRequest { Count = 2 });
        await RefusesAsync(new() { Machines = 2 }, "machines/off/clone", new("machines", 2, 2, 1, QuotaScope.User, "owner"), new CloneRequest());
        await RefusesAsync(new() { RunningMachines = 1 }, "machines/off/start", new("runningMachines", 1, 1, 1, QuotaScope.User, "owner"), null);
        await RefusesAsync(new() { Cpus = 2 }, "PATCH machines/off", new("cpus", 2, 2, 1, QuotaScope.User, "owner"), new EditMachineRequest { Cpus = 2, TtlSeconds = 3600 });
        await RefusesAsync(new() { Snapshots = 1 }, "machines/on/snapshots", new("snapshots", 1, 1, 1, QuotaScope.User, "owner"), new TakeSnapshotRequest { Name = "two" });
        await RefusesAsync(new() { ImageBytes = 511 }, "images", new("imageBytes", 511, 512, 1, QuotaScope.User, "owner"), new ImportImageRequest { Url = "http://example.org/a.qcow2", Insecure = true });
        (await server.Client.GetFromJsonAsync<Machine>("machines/off", WarrenJson.Options))!.ShouldSatisfyAllConditions(m => m.Spec.Cpus.ShouldBe(1), m => m.ExpiresAt.ShouldBeNull(), m => m.State.ShouldBe(MachineState.Stopped));

        // What fits to the last unit is let through.
        await SetAsync(server.Client, "users/owner", new() { Machines = 3, RunningMachines = 2, Cpus = 3, MemoryMiB = 1536, DiskGiB = 15, Snapshots = 1 });
        await server.LaunchAsync(s_small with { Name = "third" });
        using (var start = await server.Client.PostAsJsonAsync("machines/on/start", new { })) ((int)start.StatusCode).ShouldBe(202, "it runs already and takes nothing more");

        async Task RefusesAsync(Contracts.Quotas quotas, string path, QuotaExcess expected, object? body)
        {
            await SetAsync(server.Client, "users/owner", quotas);
            var problem = await ProblemAsync(server.Client, path, body);
            (problem.Status, problem.Type).ShouldBe((403, "urn:warren:problem:quota-exceeded"), $"{path}: {problem.Detail}");
            problem.Exceeded!.ShouldBe([expected]);
            problem.Errors!.Keys.ShouldBe([expected.Field]);
            problem.Detail!.ShouldContain($"{expected.Field}: 'owner' may have {expected.Limit}");
            problem.Detail!.ShouldContain($"has {expected.Used}; {expected.Asked} more");
            (await RowsAsync(server)).ShouldBe(before, path);
        }
    }

    [Fact]
    public async Task Of_many_at_once_no_more_pass_than_may()
    {
        await using var server = await StartAsync(settings: "Limits:PerUser:Machines=3");
        await server.AddImageAsync();
        var statuses = await AtOnceAsync(Enumerable.Repeat(server, 12));
        (statuses.Count(s => s == 202), statuses.Count(s => s == 403)).ShouldBe((3, 9));
    }

    [Fact]
    public async Task Two_servers_on_one_database_let_no_more_pass_together()
    {
        Assert.SkipWhen(_cluster is null, "SQLite has one server");
        var (data, postgres, clock) = (Directory.CreateTempSubdirectory("warren-quota-").FullName, await _cluster!.CreateDatabaseAsync(), new ManualClock());
        try
        {
            await using var one = await TestServer.StartAsync(postgres, data, clock: clock, settings: "Limits:PerUser:MemoryMiB=2048");
            await one.AddImageAsync();
            await using var two = await TestServer.StartAsync(postgres, data, clock: clock, settings: "Limits:PerUser:MemoryMiB=2048");
            var statuses = await AtOnceAsync(Enumerable.Range(0, 16).Select(i => i % 2 == 0 ? one : two));
            (statuses.Count(s => s == 202), statuses.Count(s => s == 403)).ShouldBe((4, 12));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_projects_quota_is_for_all_its_members_and_a_users_for_all_their_projects()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        var ann = await ClassmateAsync(server, "ann");
        var bob = await ClassmateAsync(server, "bob");
        await SetAsync(server.Client, "projects/default", new() { Machines = 2 });
        await SetAsync(server.Client, "users/ann", new() { Machines = 1 });
        await AcceptedAsync(ann, s_small);
        (await ProblemAsync(ann, "machines", s_small)).Exceeded!.ShouldBe([new QuotaExcess("machines", 1, 1, 1, QuotaScope.User, "ann")]);
        await AcceptedAsync(bob, s_small);
        (await ProblemAsync(bob, "machines", s_small)).ShouldSatisfyAllConditions(
            p => p.Exceeded!.ShouldBe([new QuotaExcess("machines", 2, 2, 1, QuotaScope.Project, "default")]),
            p => p.Detail!.ShouldContain("the project 'default' may have 2 machines"));
        (await ProblemAsync(ann, "machines", s_small)).Errors!["machines"].Length.ShouldBe(2, "both are told");

        // Hers wherever it is: in her own project she has no room either.
        var own = server.Bearer((await server.Client.MakeAsync<CreatedToken>("users/ann/tokens", new CreateTokenRequest { Name = "own", Project = "ann" })).Secret);
        (await ProblemAsync(own, "images", new ImportImageRequest { Catalogue = "nothing" })).Status.ShouldBe(400, "what is not limited is not refused for it");
        (await own.ReadAsync<Limits>("limits")).ShouldSatisfyAllConditions(
            l => (l.User!.Used.Machines, l.User.Limits.Machines).ShouldBe((1, 1)),
            l => (l.Project!.Name, l.Project.Used.Machines, l.Project.Limits.Machines).ShouldBe(("ann", 0, null)));
    }

    [Fact]
    public async Task Who_forks_or_clones_anothers_machine_has_what_comes_of_it()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await server.LaunchAsync(s_small with { Name = "teachers" });
        await server.LaunchAsync(s_small with { Name = "disk", Start = false });
        var ann = await ClassmateAsync(server, "ann");
        await SetAsync(server.Client, "users/ann", new() { Machines = 2 });
        (await server.EndAsync(await ann.MakeAsync<Operation>("machines/teachers/fork", new ForkRequest { Name = "hers" }))).Status.ShouldBe(OperationStatus.Succeeded);
        (await server.EndAsync(await ann.MakeAsync<Operation>("machines/disk/clone", new CloneRequest { Name = "too" }))).Status.ShouldBe(OperationStatus.Succeeded);
        foreach (var name in new[] { "hers", "too" }) (await ann.ReadAsync<Machine>($"machines/{name}")).Owner.ShouldBe("ann");
        (await ProblemAsync(ann, "machines/teachers/fork", new ForkRequest())).Exceeded!.Single().Name.ShouldBe("ann");
    }

    [Fact]
    public async Task A_machine_that_is_being_made_smaller_counts_as_it_was_until_it_is()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        await server.LaunchAsync(s_small with { Name = "a", MemoryMiB = 2048, Cpus = 2, Start = false });
        await SetAsync(server.Client, "users/owner", new() { MemoryMiB = 2048, Cpus = 2 });
        ((Warren.Hypervisors.Fake.FakeHypervisor)server.Get<Warren.Hypervisors.IHypervisor>()).Faults.Fail("Resize", Warren.Hypervisors.HypervisorErrorKind.Busy, times: 1000);
        using var answer = await server.Client.PatchAsJsonAsync("machines/a", new EditMachineRequest { MemoryMiB = 512, Cpus = 1 }, WarrenJson.Options);
        ((int)answer.StatusCode).ShouldBe(202);
        var resize = (await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!;
        (await ProblemAsync(server.Client, "machines", s_small)).Exceeded!.Select(e => (e.Field, e.Used)).ShouldBe([("cpus", 2L), ("memoryMiB", 2048L)], ignoreOrder: true);
        await server.PostAsync($"operations/{resize.Id}/cancel");
        (await server.EndAsync(resize)).Status.ShouldBe(OperationStatus.Cancelled);
        (await server.Client.ReadAsync<Machine>("machines/a")).Spec.MemoryMiB.ShouldBe(2048);
    }

    [Fact]
    public async Task Defaults_hold_where_nothing_is_set_and_both_are_shown()
    {
        await using var server = await StartAsync(null, "Limits:PerUser:Machines=5", "Limits:PerUser:DiskGiB=50", "Limits:PerProject:Cpus=-1", "Images:MaximumBytesPerUser=4000", "Limits:OneRunningMachine=true");
        await server.AddImageAsync();
        var ann = await ClassmateAsync(server, "ann");
        var set = new Contracts.Quotas { Machines = 7, DiskGiB = Contracts.Quotas.Unlimited, Snapshots = 0, OneRunningMachine = false };
        (await SetAsync(server.Client, "users/ann", set)).ShouldSatisfyAllConditions(
            s => s.Name.ShouldBe("ann"),
            s => s.Set.ShouldBe(set),
            s => s.Limits.ShouldBe(new Contracts.Quotas { Machines = 7, Snapshots = 0, ImageBytes = 4000, OneRunningMachine = false }));
        (await ann.ReadAsync<Limits>("limits")).ShouldSatisfyAllConditions(
            l => l.MemoryMiB.Minimum.ShouldBe(512),
            l => l.User!.Limits.Machines.ShouldBe(7),
            l => l.Project!.Limits.ShouldBe(new Contracts.Quotas { OneRunningMachine = true }));
        (await server.Client.ReadAsync<QuotaStanding>("users/owner/limits")).Used.ImageBytes.ShouldBe(512);
        var confined = server.Bearer((await server.Client.MakeAsync<CreatedToken>("users/ann/tokens", new CreateTokenRequest { Name = "c", Template = "any" })).Secret);
        (await confined.ReadAsync<Limits>("limits")).ShouldSatisfyAllConditions(l => l.User.ShouldBeNull("it hears of what it made and of nothing else"), l => l.Project.ShouldBeNull(), l => l.Cpus.Minimum.ShouldBe(1));
        // Nothing set is nothing kept.
        (await SetAsync(server.Client, "users/ann", new())).Limits.ShouldBe(new Contracts.Quotas { Machines = 5, DiskGiB = 50, ImageBytes = 4000, OneRunningMachine = true });
        await using var db = server.Db();
        (await db.Quotas.CountAsync()).ShouldBe(0);

        (await ProblemAsync(server.Client, "PUT users/ann/limits", new Contracts.Quotas { Machines = -2, Cpus = 9_000_000_000_000_001 })).Errors!.Keys.ShouldBe(["machines", "cpus"]);
        (await ProblemAsync(ann, "PUT users/ann/limits", new Contracts.Quotas())).Status.ShouldBe(403);
        (await ProblemAsync(ann, "PUT projects/default/limits", new Contracts.Quotas())).Status.ShouldBe(403, "also for who administers the project alone");
        (await ann.ReadAsync<QuotaStanding>("projects/default/limits")).Name.ShouldBe("default");
        var other = await server.ProgramAsync("chief", UserRole.Administrator);
        (await ProblemAsync(other, "PUT users/owner/limits", new Contracts.Quotas())).Status.ShouldBe(403, "administrators are the owner's to manage");
    }

    [Fact]
    public async Task A_wrong_setting_stops_the_server()
        => (await Should.ThrowAsync<InvalidOperationException>(() => StartAsync(settings: "Limits:PerUser:Cpus=-2"))).Message.ShouldContain("Limits:PerUser:cpus");

    /// <summary>A member of the owner's project, by a token that acts there.</summary>
    internal static Task<HttpClient> ClassmateAsync(TestServer server, string name) => server.ProgramAsync(name, token: new CreateTokenRequest { Name = "t", Project = "default" },
        before: async () => (await server.Client.PutAsJsonAsync($"projects/default/members/{name}", new SetMemberRequest(ProjectRole.Member), WarrenJson.Options)).EnsureSuccessStatusCode());

    internal static async Task<QuotaStanding> SetAsync(HttpClient client, string whose, Contracts.Quotas quotas)
    {
        using var answer = await client.PutAsJsonAsync($"{whose}/limits", quotas, WarrenJson.Options);
        ((int)answer.StatusCode).ShouldBe(200, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<QuotaStanding>(WarrenJson.Options))!;
    }

    /// <summary>The refusal of a request that must be refused; POST unless the path names another method.</summary>
    internal static async Task<Problem> ProblemAsync(HttpClient client, string path, object? body)
    {
        var (method, at) = path.Split(' ') is [var verb, var rest] ? (verb, rest) : ("POST", path);
        using var request = new HttpRequestMessage(new HttpMethod(method), at) { Content = JsonContent.Create(body ?? new { }, options: WarrenJson.Options) };
        using var answer = await client.SendAsync(request);
        answer.IsSuccessStatusCode.ShouldBeFalse($"{path} was let through");
        return (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
    }

    private static async Task AcceptedAsync(HttpClient client, LaunchRequest request)
    {
        using var answer = await client.PostAsync("machines", request);
        ((int)answer.StatusCode).ShouldBe(202, await answer.Content.ReadAsStringAsync());
    }

    private static Task<int[]> AtOnceAsync(IEnumerable<TestServer> servers) => Task.WhenAll(servers.Select(async server =>
    {
        using var answer = await server.Client.PostAsync("machines", s_small with { Start = false });
        return (int)answer.StatusCode;
    }));

    /// <summary>How many of everything there is that a request could leave behind.</summary>
    private static async Task<string> RowsAsync(TestServer server)
    {
        await using var db = server.Db();
        int[] counts = [await db.Machines.CountAsync(), await db.PortForwards.CountAsync(), await db.Operations.CountAsync(), await db.Snapshots.CountAsync(), await db.Images.CountAsync(), await db.Uploads.CountAsync()];
        return string.Join(' ', counts);
    }
}

public sealed class SqliteQuotaTests() : QuotaTests(null);

public sealed class PostgresQuotaTests(PostgresCluster cluster) : QuotaTests(cluster);
