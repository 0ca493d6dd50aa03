using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Templates;

namespace Warren.Server.Tests.Pools;

/// <summary>Pools that a template speaks of, on both databases.</summary>
public abstract class TemplatePoolTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    private const string Head = "name: t\nimage: tiny\nresources: { memory: 512M, disk: 5G }\n";
    private const string Lesson = Head + "ttl: 2h\nforwards: [80]\npool: { target: 2, min: 1, max: 5, maxAge: 1d }\n";

    [Fact]
    public async Task What_the_request_leaves_out_the_template_says()
    {
        await using var server = await WithTemplateAsync(Lesson);
        var pool = await CreateAsync(server, new CreatePoolRequest { Name = "p", Machine = new LaunchRequest { Template = "t" } });
        (pool.Target, pool.Min, pool.Max, pool.MaxAgeSeconds, pool.LeaseSeconds, pool.Kind).ShouldBe((2, 1, 5, (int?)86_400, 7200, PoolKind.Warm));
        await FullAsync(server);
        await using (var db = server.Db())
        {
            var spares = await db.Machines.Where(m => m.PoolPlace == PoolPlace.Spare).ToListAsync();
            spares.Select(m => (m.Template, m.MemoryMib)).ShouldBe([("t@1", 512), ("t@1", 512)]);
            spares.ShouldAllBe(m => m.ExpiresAt == null, "a spare waits for as long as it takes; its template's ttl begins with the lease");
        }

        var lease = await ClaimAsync(server);
        (lease.ExpiresAt - lease.ClaimedAt).ShouldBe(TimeSpan.FromHours(2));
        (await MachineAsync(server, lease.MachineName)).ExpiresAt.ShouldBe(lease.ExpiresAt);
    }

    [Fact]
    public async Task What_the_request_says_wins()
    {
        await using var server = await WithTemplateAsync(Lesson);
        var own = await CreateAsync(server, new CreatePoolRequest
        {
            Name = "p", Target = 0, Min = 0, Max = 3, MaxAgeSeconds = 600, LeaseSeconds = 90, Machine = new LaunchRequest { Template = "t@1", MemoryMiB = 256 },
        });
        (own.Target, own.Min, own.Max, own.MaxAgeSeconds, own.LeaseSeconds).ShouldBe((0, 0, 3, (int?)600, 90));
        (own.Machine.Template, own.Machine.MemoryMiB).ShouldBe(("t@1", 256));
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_field()
    {
        await using var server = await WithTemplateAsync(Lesson);
        async Task RefusesAsync(string field, string machine)
            => (await RefusedAsync(server, HttpMethod.Post, "pools", $$"""{"name":"p","machine":{{machine}}}""", 400)).Errors!.Keys.ShouldBe([field], machine);
        await RefusesAsync("target", """{"image":"tiny"}""");
        await RefusesAsync("machine.template", """{"template":"t@2"}""");
        await RefusesAsync("machine.template", """{"template":"nothing"}""");
        await RefusesAsync("machine.ttlSeconds", """{"template":"t","ttlSeconds":600}""");
        foreach (var (field, yaml) in new[]
        {
            ("target", Head),
            ("machine.forwards[0].hostPort", Head + "forwards: [22001:80]\npool: { target: 1 }\n"),
            ("machine.goldenImage", "name: t\ngoldenImage: nothing\npool: { target: 1 }\n"),
        })
        {
            using (var saved = await server.Client.PutAsJsonAsync("templates/t", new SaveTemplateRequest { Yaml = yaml }, WarrenJson.Options)) saved.IsSuccessStatusCode.ShouldBeTrue();
            await RefusesAsync(field, """{"template":"t"}""");
        }

        await using var db = server.Db();
        (await db.Pools.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_template_that_speaks_of_forks_needs_a_golden_image_with_memory()
    {
        await using var server = await WithTemplateAsync("name: t\ngoldenImage: g\npool: { target: 1, kind: fork }\n");
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", MemoryMiB = 256 });
        async Task MakeAsync(GoldenImageKind kind)
            => (await server.EndAsync(await server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = "g", Machine = "m", Kind = kind }))).Status.ShouldBe(OperationStatus.Succeeded);
        await MakeAsync(GoldenImageKind.Disk);
        const string Wish = """{"name":"p","machine":{"template":"t"}}""";
        (await RefusedAsync(server, HttpMethod.Post, "pools", Wish, 400)).Errors!["machine.template"].ShouldHaveSingleItem().ShouldContain("'g@1' is a clone");
        await MakeAsync(GoldenImageKind.Warm);
        (await RefusedAsync(server, HttpMethod.Post, "pools", """{"name":"p","kind":"stopped","machine":{"template":"t"}}""", 400)).Errors!.Keys.ShouldBe(["kind"]);
        await CreateAsync(server, new CreatePoolRequest { Name = "p", Machine = new LaunchRequest { Template = "t" } });
        await FullAsync(server);
    }

    private async Task<TestServer> WithTemplateAsync(string yaml)
    {
        var server = await StartAsync();
        await server.AddImageAsync();
        await server.PostJsonAsync<Template>("templates", new SaveTemplateRequest { Yaml = yaml });
        return server;
    }
}

public sealed class SqliteTemplatePoolTests() : TemplatePoolTests(null);

public sealed class PostgresTemplatePoolTests(PostgresCluster cluster) : TemplatePoolTests(cluster);
