using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Templates;

/// <summary>Templates over the API, on both databases.</summary>
public abstract class TemplateTests(PostgresCluster? cluster) : HostTestBase(cluster)
{
    private const string Web = "# mine\nname: web\ndescription: A web server.\nimage: tiny\nmachineName: web-{user}\nresources: { memory: 512M, cpus: 2 }\n"
        + "ttl: 1h\nforwards: [80]\ncloudInit:\n  hostname: '{machine}'\n";

    [Fact]
    public async Task A_template_is_saved_read_exactly_changed_and_deleted()
    {
        await using var server = await StartAsync();
        using var created = await SendAsync(server, HttpMethod.Post, "templates", Web, "application/yaml");
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        created.Headers.Location!.ToString().ShouldBe("/api/v1/templates/web");
        var first = (await created.Content.ReadFromJsonAsync<Template>(WarrenJson.Options))!;
        (first.Name, first.Version, first.Builtin, first.Image, first.Yaml).ShouldBe(("web", 1, false, "tiny", Web));
        first.Content!.MemoryMiB.ShouldBe(512);
        (await TextAsync(server, "templates/web")).ShouldBe(Web);

        var second = Web.Replace("512M", "1G", StringComparison.Ordinal);
        using (var stale = await SendAsync(server, HttpMethod.Put, "templates/web", second, "application/yaml", "\"77\"")) stale.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
        using (var changed = await SendAsync(server, HttpMethod.Put, "templates/web", second, "application/yaml", created.Headers.ETag!.ToString()))
        {
            (await changed.Content.ReadFromJsonAsync<Template>(WarrenJson.Options))!.Version.ShouldBe(2);
            changed.Headers.ETag.ShouldNotBe(created.Headers.ETag);
        }

        using (var again = await server.Client.PutAsJsonAsync("templates/web", new SaveTemplateRequest { Yaml = second }, WarrenJson.Options))
            (await again.Content.ReadFromJsonAsync<Template>(WarrenJson.Options))!.Version.ShouldBe(2, "the same text is no new version");
        (await TextAsync(server, "templates/web")).ShouldBe(second);
        (await TextAsync(server, "templates/web?version=1")).ShouldBe(Web);
        var versions = await server.Client.GetFromJsonAsync<Page<Template>>("templates/web/versions", WarrenJson.Options);
        versions!.Items.Select(v => v.Version).ShouldBe([2, 1]);
        await RefusedAsync(server, HttpMethod.Get, "templates/web?version=3", null, 404);
        (await RefusedAsync(server, HttpMethod.Post, "templates", Json(Web), 409)).Type.ShouldEndWith("name-taken");
        (await RefusedAsync(server, HttpMethod.Put, "templates/web", Json(Web.Replace("name: web", "name: other", StringComparison.Ordinal)), 400)).Mistakes!.Single().Field.ShouldBe("name");

        using (var deleted = await server.Client.DeleteAsync("templates/web")) deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await RefusedAsync(server, HttpMethod.Get, "templates/web", null, 404);
        await using var db = server.Db();
        (await db.Templates.CountAsync(), await db.TemplateVersions.CountAsync()).ShouldBe((0, 0));
    }

    [Fact]
    public async Task Mistakes_are_told_with_line_and_column_and_nothing_is_saved()
    {
        await using var server = await StartAsync();
        var problem = await RefusedAsync(server, HttpMethod.Post, "templates", Json("name: web\nimage: tiny\ncolour: red\ncloudInit:\n  packges: [a]\n"), 400);
        problem.Type.ShouldEndWith("validation");
        problem.Mistakes!.Select(m => (m.Line, m.Column, m.Field)).ShouldBe([(3, 1, "colour"), (5, 3, "cloudInit.packges")]);
        problem.Errors!["yaml"].Length.ShouldBe(2);
        (await RefusedAsync(server, HttpMethod.Post, "templates", "{}", 400)).Type.ShouldEndWith("validation");
        using (var text = await SendAsync(server, HttpMethod.Post, "templates", Web, "text/plain")) text.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        await using var db = server.Db();
        (await db.Templates.CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Shipped_ones_are_listed_with_the_saved_ones_and_stay_as_they_are()
    {
        await using var server = await StartAsync();
        using (await SendAsync(server, HttpMethod.Post, "templates", Web, "application/yaml")) { }
        var all = new List<Template>();
        for (string? after = ""; after is not null;)
        {
            var page = (await server.Client.GetFromJsonAsync<Page<Template>>($"templates?limit=5{(after.Length == 0 ? "" : "&after=" + Uri.EscapeDataString(after))}", WarrenJson.Options))!;
            page.Items.Count.ShouldBeLessThanOrEqualTo(5);
            all.AddRange(page.Items);
            after = page.Next;
        }

        all.Select(t => t.Name).ShouldBe(all.Select(t => t.Name).Distinct().Order(StringComparer.Ordinal));
        all.Count(t => t.Builtin).ShouldBeGreaterThanOrEqualTo(12);
        all.Single(t => !t.Builtin).ShouldSatisfyAllConditions(t => t.Name.ShouldBe("web"), t => t.Description.ShouldBe("A web server."), t => t.Yaml.ShouldBeNull(), t => t.Content!.MemoryMiB.ShouldBe(512));
        all.Where(t => t.Builtin).ShouldAllBe(t => t.Content != null && t.Yaml == null);
        (await server.Client.GetFromJsonAsync<Template>("templates/postgresql", WarrenJson.Options))!.ShouldSatisfyAllConditions(
            t => t.Builtin.ShouldBeTrue(), t => t.Version.ShouldBe(1), t => t.Content!.Provision.Count.ShouldBe(2));
        (await RefusedAsync(server, HttpMethod.Delete, "templates/postgresql", null, 409)).Detail!.ShouldContain("built in");
        await RefusedAsync(server, HttpMethod.Put, "templates/postgresql", Json("name: postgresql\nimage: tiny\n"), 409);
        (await RefusedAsync(server, HttpMethod.Post, "templates", Json("name: postgresql\nimage: tiny\n"), 409)).Type.ShouldEndWith("name-taken");
    }

    [Fact]
    public async Task Validating_saves_nothing_and_says_what_would_be_launched()
    {
        await using var server = await StartAsync();
        var good = await ValidateAsync(server, new ValidateTemplateRequest { Yaml = Web, User = "anna" });
        good.Valid.ShouldBeTrue();
        (good.Rendered!.Name, good.Rendered.Image, good.Rendered.MemoryMiB, good.Rendered.TtlSeconds).ShouldBe(("web-anna", "tiny", 512, 3600));
        good.Rendered.UserData!.ShouldContain("hostname: 'web-anna'");
        var bad = await ValidateAsync(server, new ValidateTemplateRequest { Yaml = "name: web\nimage: tiny\nfirmware: {x}\n" });
        bad.Valid.ShouldBeFalse();
        bad.Errors.Single().ShouldSatisfyAllConditions(e => (e.Line, e.Column).ShouldBe((3, 11)), e => e.Field.ShouldBe("firmware"));
        (await RefusedAsync(server, HttpMethod.Post, "templates/validate", """{"yaml":"name: a","user":"a b'; rm -rf /"}""", 400)).Errors!.Keys.ShouldBe(["user"]);
        await RefusedAsync(server, HttpMethod.Get, "templates/web", null, 404);
    }

    [Fact]
    public async Task A_repeated_key_saves_once_and_refuses_another_text()
    {
        await using var server = await StartAsync();
        var answers = new List<(HttpStatusCode Status, string Text)>();
        foreach (var yaml in new[] { Web, Web, Web + "# more\n" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "templates") { Content = new StringContent(yaml, Encoding.UTF8, "application/yaml") };
            request.Headers.Add("Idempotency-Key", "one");
            using var answer = await server.Client.SendAsync(request);
            answers.Add((answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        }

        answers.Select(a => a.Status).ShouldBe([HttpStatusCode.Created, HttpStatusCode.Created, HttpStatusCode.UnprocessableEntity]);
    }

    [Fact]
    public async Task A_launch_takes_what_it_does_not_say_from_the_template()
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        using (await SendAsync(server, HttpMethod.Post, "templates", Web, "application/yaml")) { }
        using (await SendAsync(server, HttpMethod.Put, "templates/web", Web.Replace("512M", "768M", StringComparison.Ordinal), "application/yaml")) { }

        var newest = await server.LaunchAsync(new LaunchRequest { Template = "web" });
        (newest.Template, newest.Spec.MemoryMiB, newest.Spec.Cpus, newest.Image).ShouldBe(("web@2", 768, 2, "tiny"));
        newest.Name.ShouldStartWith("web-");
        newest.Forwards.Select(f => f.GuestPort).Order().ShouldBe([22, 80]);
        newest.ExpiresAt.ShouldNotBeNull();
        await using (var db = server.Db())
            (await db.Machines.SingleAsync()).UserData.ShouldBe($"#cloud-config\nhostname: '{newest.Name}'\n");

        var own = await server.LaunchAsync(new LaunchRequest { Template = "web@1", Name = "mine", Cpus = 1, Forwards = [new() { GuestPort = 443 }], UserData = "#!/bin/sh\n" });
        (own.Template, own.Name, own.Spec.MemoryMiB, own.Spec.Cpus).ShouldBe(("web@1", "mine", 512, 1));
        own.Forwards.Select(f => f.GuestPort).Order().ShouldBe([22, 443]);
        (await server.PostJsonAsync<Placement>("machines/placement", new LaunchRequest { Template = "web" })).Host.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("template", """{"template":"nothing"}""")]
    [InlineData("template", """{"template":"web@9"}""")]
    [InlineData("template", """{"template":"web@x"}""")]
    [InlineData("image", """{"name":"a"}""")]
    [InlineData("userData", """{"image":"tiny","userData":"#cloud-config\npackges: [a]\n"}""")]
    public async Task A_launch_that_cannot_be_is_refused_by_field(string field, string body)
    {
        await using var server = await StartAsync();
        await server.AddImageAsync();
        using (await SendAsync(server, HttpMethod.Post, "templates", Web, "application/yaml")) { }
        var problem = await RefusedAsync(server, HttpMethod.Post, "machines", body, 400);
        problem.Errors!.Keys.ShouldBe([field]);
        if (field == "userData") problem.Mistakes!.Single().ShouldSatisfyAllConditions(m => (m.Line, m.Column).ShouldBe((2, 1)));
        await using var db = server.Db();
        (await db.Machines.CountAsync()).ShouldBe(0);
    }

    private static async Task<TemplateValidation> ValidateAsync(TestServer server, ValidateTemplateRequest request)
        => await server.PostJsonAsync<TemplateValidation>("templates/validate", request);

    private static string Json(string yaml) => JsonSerializer.Serialize(new SaveTemplateRequest { Yaml = yaml }, WarrenJson.Options);

    private static async Task<HttpResponseMessage> SendAsync(TestServer server, HttpMethod method, string path, string text, string type, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(text, Encoding.UTF8, type) };
        if (ifMatch is not null) request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(ifMatch));
        return await server.Client.SendAsync(request);
    }

    private static async Task<string> TextAsync(TestServer server, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/yaml"));
        using var answer = await server.Client.SendAsync(request);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/yaml");
        return await answer.Content.ReadAsStringAsync();
    }
}

internal static class Posting
{
    public static async Task<T> PostJsonAsync<T>(this TestServer server, string path, object body)
    {
        using var answer = await server.Client.PostAsJsonAsync(path, body, WarrenJson.Options);
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonSerializer.Deserialize<T>(text, WarrenJson.Options)!;
    }
}

public sealed class SqliteTemplateTests() : TemplateTests(null);

public sealed class PostgresTemplateTests(PostgresCluster cluster) : TemplateTests(cluster);
