using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>pools</c>, <c>claim</c>, <c>release</c> and <c>renew</c>.</summary>
public sealed class PoolVerbTests
{
    [Fact]
    public async Task Pools_are_listed_shown_made_resized_drained_and_deleted()
    {
        CreatePoolRequest? made = null;
        ResizePoolRequest? resized = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/pools", () => new Page<Pool>([Pool()]))
            .Get("/pools/builders", () => Pool())
            .Post("/pools", (CreatePoolRequest r) =>
            {
                made = r;
                return Results.Json(Pool() with { Name = r.Name }, WarrenJson.Options, statusCode: 201);
            })
            .Patch("/pools/builders", (ResizePoolRequest r) =>
            {
                resized = r;
                return Pool() with { Target = 5 };
            })
            .Post("/pools/builders/drain", () => Pool() with { State = PoolState.Draining })
            .Post("/pools/builders/resume", () => Pool())
            .Delete("/pools/{name}", (bool? force) => force == true ? Results.NoContent() : LittleServer.Refuse("in-use", 409, "2 machines of pool 'builders' are lent.")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("pools")).ShouldBe(0, shell.Error);
        shell.Out.ShouldStartWith("""
            NAME       STATE    SPARES   FILLING   LENT   MAX   WAITING   HITS   WAIT P99   IMAGE       AGE
            builders   active   2/3      1         2      10    0         80%    1.5 s      debian-12
            """.TrimEnd());
        (await shell.RunAsync("pool", "info", "builders")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("spares       2 of 3, 1 filling, 0 leaving\n");
        shell.Out.ShouldContain("claims       10, 80% at once, 1 refused\n");
        shell.Out.ShouldContain("waits        median 4 ms, 99 of 100 within 1.5 s\n");

        (await shell.RunAsync("pools", "create", "b2", "debian-12", "--target", "3", "--max", "9", "--min", "1", "--max-age", "1h", "--ttl", "30m", "--max-ttl", "2h",
            "--ready-when", "cloud-init", "--memory", "2G", "--key", "laptop", "--label", "zone=attic")).ShouldBe(0, shell.Error);
        made!.ShouldSatisfyAllConditions(
            r => (r.Name, r.Target, r.Max, r.Min, r.MaxAgeSeconds, r.LeaseSeconds, r.LeaseMaximumSeconds).ShouldBe(("b2", (int?)3, (int?)9, (int?)1, (int?)3600, (int?)1800, (int?)7200)),
            r => (r.Kind, r.ReadyWhen).ShouldBe((PoolKind.Warm, (ReadinessRung?)ReadinessRung.CloudInit)),
            r => (r.Machine.Image, r.Machine.Name, r.Machine.MemoryMiB, r.Machine.HostLabels["zone"]).ShouldBe(("debian-12", null, (int?)2048, "attic")),
            r => r.Machine.Keys.ShouldBe(["laptop"]));
        shell.Out.ShouldContain("b2: made, it is being filled; claim with `warren claim b2`\n");
        (await shell.RunAsync("pools", "create", "b3", "debian-12")).ShouldBe(2, "a target must be named");
        shell.Error.ShouldContain("--target: say how many spares to keep ready, or name a --template that says it");
        (await shell.RunAsync("pools", "create", "b4", "--template", "build-agent@2", "--max", "7")).ShouldBe(0, shell.Error);
        made!.ShouldSatisfyAllConditions(
            r => (r.Machine.Template, r.Machine.Image, r.Target, r.Min, r.Max).ShouldBe(("build-agent@2", null, null, null, (int?)7)),
            r => (r.MaxAgeSeconds, r.LeaseSeconds).ShouldBe((null, null)));

        (await shell.RunAsync("pools", "resize", "builders", "--target", "5", "--max-age", "none")).ShouldBe(0, shell.Error);
        resized.ShouldBe(new ResizePoolRequest { Target = 5, MaxAgeSeconds = 0 });
        (await shell.RunAsync("pools", "resize", "builders")).ShouldBe(2);
        (await shell.RunAsync("pools", "drain", "builders")).ShouldBe(0, shell.Error);
        shell.Out.ShouldEndWith("builders: draining, 2 lent\n");
        (await shell.RunAsync("pools", "resume", "builders")).ShouldBe(0, shell.Error);
        (await shell.RunAsync("pools", "delete", "builders")).ShouldBe(6);
        shell.Error.ShouldContain("2 machines of pool 'builders' are lent.");
        (await shell.RunAsync("pools", "delete", "builders", "--force")).ShouldBe(0, shell.Error);
    }

    [Fact]
    public async Task A_claim_prints_the_machine_and_how_to_reach_it()
    {
        ClaimRequest? request = null;
        var machine = Given.Machine() with { Ssh = new SshAddress("127.0.0.1", 22001, "debian") };
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/pools/builders/claims", (ClaimRequest r) =>
            {
                request = r;
                return Results.Json(Lease(), WarrenJson.Options, statusCode: 201);
            })
            .Get("/machines/m-web", () => machine));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("claim", "builders", "--wait", "20s", "--ttl", "2h", "--name", "web")).ShouldBe(0, shell.Error);
        request.ShouldBe(new ClaimRequest { TtlSeconds = 7200, Name = "web" });
        var seen = server.Of("POST", "/pools/builders/claims").Single();
        seen.Query.ShouldBe("?wait=20");
        seen.Headers.Keys.ShouldContain("Idempotency-Key");
        shell.Out.ShouldContain("ssh      warren ssh web   (debian@127.0.0.1 port 22001)");
        shell.Out.ShouldContain("`warren release web` ends it");
        using var quiet = new Shell(server.Url);
        (await quiet.RunAsync("claim", "builders", "-q")).ShouldBe(0, quiet.Error);
        quiet.Out.ShouldBe("web\n");
    }

    [Fact]
    public async Task An_empty_pool_is_a_conflict()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/pools/builders/claims", () => LittleServer.Refuse("pool-empty", 503, "Pool 'builders' has no spare. Try again in 9 s.")));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("claim", "builders")).ShouldBe(6);
        shell.Error.ShouldBe("warren: Pool 'builders' has no spare. Try again in 9 s.\n");
    }

    [Fact]
    public async Task Leases_are_renewed_and_released_by_machine_or_id()
    {
        RenewRequest? renewed = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Patch("/claims/web", (RenewRequest r) =>
            {
                renewed = r;
                return Lease();
            })
            .Delete("/claims/{lease}", () => Results.Json(Given.Operation("o1", OperationStatus.Running), WarrenJson.Options, statusCode: 202))
            .Get("/operations/o1", () => Given.Operation("o1", OperationStatus.Succeeded, 100)));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("renew", "web", "--ttl", "4h")).ShouldBe(0, shell.Error);
        renewed.ShouldBe(new RenewRequest { TtlSeconds = 14400 });
        shell.Out.ShouldContain("machine   web\n");
        (await shell.RunAsync("release", "web", "l1")).ShouldBe(0, shell.Error);
        server.Of("DELETE", "/claims/web").Count.ShouldBe(1);
        server.Of("DELETE", "/claims/l1").Count.ShouldBe(1);
        shell.Error.ShouldEndWith("web: released\n");
    }

    private static Lease Lease() => new()
    {
        Id = "l1",
        Pool = "builders",
        MachineId = "m-web",
        MachineName = "web",
        Host = "local",
        Holder = "owner",
        WaitedMs = 3,
        ClaimedAt = Given.Noon,
        ExpiresAt = Given.Noon.AddHours(2),
    };

    private static Pool Pool() => new()
    {
        Id = "p1",
        Name = "builders",
        Owner = "owner",
        Project = "default",
        Machine = new LaunchRequest { Image = "debian-12" },
        Kind = PoolKind.Warm,
        ReadyWhen = ReadinessRung.Agent,
        Target = 3,
        Min = 1,
        Max = 10,
        LeaseSeconds = 3600,
        LeaseMaximumSeconds = 86400,
        State = PoolState.Active,
        Spares = 2,
        Filling = 1,
        Leaving = 0,
        Lent = 2,
        Waiting = 0,
        Statistics = new PoolStatistics { Hits = 8, Misses = 2, Refused = 1, HitRate = 0.8, WaitP50Ms = 4, WaitP99Ms = 1500, FillMs = 900, SpareAges = [90, 30] },
        CreatedAt = Given.Noon.AddDays(-1),
    };
}
