using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>Hostile and foolish launches: refused with the field and the rule, and nothing left behind.</summary>
public sealed class LaunchRefusalTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        await _server.AddImageAsync();
        await Eventually.BecomesAsync(async () => (await _server.Client.GetStringAsync("hosts/local")).Contains("\"usable\":true", StringComparison.Ordinal), "probed");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public static TheoryData<string, string> Bad() => new()
    {
        { "name", """{"image":"tiny","name":"../../etc"}""" },
        { "name", """{"image":"tiny","name":"two words"}""" },
        { "name", """{"image":"tiny","name":"quo\"te"}""" },
        { "name", """{"image":"tiny","name":"new\nline"}""" },
        { "name", """{"image":"tiny","name":"a,b"}""" },
        { "name", """{"image":"tiny","name":""}""" },
        { "name", """{"image":"tiny","name":"-a"}""" },
        { "name", """{"image":"tiny","name":"ünïcode"}""" },
        { "name", """{"image":"tiny","name":"01m7zgwx23sknfgxn70nms60fa"}""" },
        { "memoryMiB", """{"image":"tiny","memoryMiB":1}""" },
        { "memoryMiB", """{"image":"tiny","memoryMiB":1000000000}""" },
        { "memoryMiB", """{"image":"tiny","memoryMiB":-5}""" },
        { "memoryMiB", """{"image":"tiny","memoryMiB":99999999999}""" },
        { "memoryMiB", """{"image":"tiny","memoryMiB":"512"}""" },
        { "cpus", """{"image":"tiny","cpus":0}""" },
        { "cpus", """{"image":"tiny","cpus":9}""" },
        { "diskGiB", """{"image":"tiny","diskGiB":101}""" },
        { "diskGiB", """{"image":"tiny","diskGiB":1}""" },
        { "image", """{"image":"nothing"}""" },
        { "image", """{"image":"../../etc/passwd"}""" },
        { "host", """{"image":"tiny","host":"moon"}""" },
        { "keys[0]", """{"image":"tiny","keys":["nobody"]}""" },
        { "userData", "{\"image\":\"tiny\",\"userData\":\"a\\u0000b\"}" },
        { "ttlSeconds", """{"image":"tiny","ttlSeconds":1}""" },
        { "forwards[0].guestPort", """{"image":"tiny","forwards":[{"guestPort":0}]}""" },
        { "forwards[0].hostPort", """{"image":"tiny","forwards":[{"guestPort":80,"hostPort":22}]}""" },
        { "forwards[0].protocol", """{"image":"tiny","forwards":[{"guestPort":80,"protocol":"sctp"}]}""" },
        { "dataDisks[0].path", """{"image":"tiny","dataDisks":[{"path":"/etc/passwd"}]}""" },
        { "dataDisks[0]", """{"image":"tiny","dataDisks":[{}]}""" },
        { "dataDisks[0].sizeGiB", """{"image":"tiny","dataDisks":[{"sizeGiB":100000}]}""" },
        { "nope", """{"image":"tiny","nope":1}""" },
        { "firmware", """{"image":"tiny","firmware":"coreboot"}""" },
    };

    [Theory, MemberData(nameof(Bad))]
    public async Task Names_the_field_and_leaves_nothing(string field, string body)
    {
        using var answer = await _server.Client.PostAsync("machines", new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, text);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = JsonNode.Parse(text)!;
        problem["type"]!.GetValue<string>().ShouldBe("urn:warren:problem:validation");
        problem["errors"]!.AsObject().Select(e => e.Key).ShouldContain(field, text);
        await using var db = _server.Db();
        (await db.Machines.CountAsync(), await db.Operations.CountAsync(), await db.PortForwards.CountAsync()).ShouldBe((0, 0, 0));
    }

    [Fact]
    public async Task All_broken_rules_are_told_at_once()
    {
        using var answer = await _server.Client.PostAsync("machines", new StringContent(
            """{"image":"tiny","name":"A B","memoryMiB":-1,"cpus":99,"ttlSeconds":0}""", Encoding.UTF8, "application/json"));
        var errors = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key);
        errors.ShouldBe(["name", "memoryMiB", "cpus", "ttlSeconds"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_taken_name_is_a_conflict()
    {
        await _server.LaunchAsync(new LaunchRequest { Name = "a", Image = "tiny" });
        using var answer = await _server.Client.PostAsync("machines", new StringContent("""{"image":"tiny","name":"a"}""", Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("urn:warren:problem:name-taken");
    }

    [Fact]
    public async Task A_path_into_an_allowed_folder_by_a_link_that_leads_out_is_refused()
    {
        var folder = Directory.CreateTempSubdirectory("warren-disks-").FullName;
        File.CreateSymbolicLink(Path.Combine(folder, "out.raw"), "/etc/passwd");
        await using var server = await TestServer.StartAsync(settings: $"Machines:DiskFolders:0={folder}");
        await server.AddImageAsync();
        using var answer = await server.Client.PostAsync("machines", new StringContent(
            $$"""{"image":"tiny","dataDisks":[{"path":"{{folder}}/out.raw"}]}""", Encoding.UTF8, "application/json"));
        (await answer.Content.ReadAsStringAsync()).ShouldContain("dataDisks[0].path");
        Directory.Delete(folder, recursive: true);
    }
}
