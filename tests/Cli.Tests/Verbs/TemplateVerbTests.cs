using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>templates</c>, and launching from one.</summary>
public sealed class TemplateVerbTests
{
    private static readonly Template s_web = new()
    {
        Name = "web",
        Version = 3,
        Owner = "anna",
        Project = "default",
        Description = "A web server.",
        Image = "debian-12",
        CreatedAt = Given.Noon,
        Yaml = "name: web\nimage: debian-12\n",
        Content = new TemplateContent { MemoryMiB = 2048, Forwards = [new() { GuestPort = 80 }], Provision = [new("pages", "/var/www/html/index.html"), new("nginx")], TtlSeconds = 7200, Pool = new() { Target = 2, Max = 4, MaxAgeSeconds = 3600 } },
    };

    [Fact]
    public async Task They_are_listed_and_shown()
    {
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/templates", () => new Page<Template>([new() { Name = "minimal", Version = 1, Builtin = true, Image = "tiny", Description = "Small." }, s_web with { Content = null, Yaml = null }]))
            .Get("/templates/web/versions", () => new Page<Template>([s_web, s_web with { Version = 2 }]))
            .Get("/templates/web", () => s_web));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("templates")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("""
            NAME      VERSION   IMAGE       OWNER      DESCRIPTION
            minimal   1         tiny        built in   Small.
            web       3         debian-12   anna       A web server.

            """);
        using var second = new Shell(server.Url);
        (await second.RunAsync("template", "show", "web", "--version", "3")).ShouldBe(0, second.Error);
        server.Of("GET", "/templates/web").Single().Query.ShouldBe("?version=3");
        second.Out.ShouldContain("step            pages (/var/www/html/index.html)\n");
        second.Out.ShouldContain("forward         tcp 80\n");
        second.Out.ShouldContain("pool            2 spares, at most 4 machines, replaced after 1h\n");
        (await second.RunAsync("templates", "show", "web", "--versions", "--format", "json")).ShouldBe(0, second.Error);
    }

    [Fact]
    public async Task The_exact_text_goes_out_and_in()
    {
        var saved = new List<(string Route, string Yaml)>();
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/templates/web", () => s_web)
            .Post("/templates", (SaveTemplateRequest r) =>
            {
                saved.Add(("new", r.Yaml));
                return Results.Json(s_web with { Version = 1 }, WarrenJson.Options, statusCode: 201);
            })
            .Put("/templates/{name}", (string name, SaveTemplateRequest r) =>
            {
                saved.Add((name, r.Yaml));
                return s_web with { Version = 4 };
            })
            .Delete("/templates/{name}", () => Results.NoContent()));
        using var shell = new Shell(server.Url) { Input = "name: typed\n" };
        (await shell.RunAsync("templates", "export", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe(s_web.Yaml);
        var file = Path.Combine(shell.Home, "web.yaml");
        (await shell.RunAsync("templates", "export", "web", "--output", file)).ShouldBe(0, shell.Error);
        (await shell.RunAsync("templates", "import", file)).ShouldBe(0, shell.Error);
        (await shell.RunAsync("templates", "import", "-", "--update", "web")).ShouldBe(0, shell.Error);
        saved.ShouldBe([("new", s_web.Yaml!), ("web", "name: typed\n")]);
        shell.Error.ShouldBe("web: version 1\nweb: version 4\n");
        (await shell.RunAsync("templates", "import", "/no/such/file")).ShouldBe(2);
        (await shell.RunAsync("templates", "delete", "web")).ShouldBe(0, shell.Error);
        server.Of("DELETE", "/templates/web").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Mistakes_are_told_as_compilers_tell_them()
    {
        IReadOnlyList<TextMistake> mistakes = [new(3, 1, "colour", "is not a field known here"), new(5, 3, "", "is not YAML")];
        ValidateTemplateRequest? asked = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Post("/templates/validate", (ValidateTemplateRequest r) =>
            {
                asked = r;
                return r.Yaml == "good" ? new TemplateValidation { Valid = true, Rendered = new LaunchRequest { Image = "tiny", UserData = "#cloud-config\n{}\n" } } : new TemplateValidation { Valid = false, Errors = mistakes };
            })
            .Post("/templates", () => Results.Json(new Problem("urn:warren:problem:validation", "Mistakes", 400) { Mistakes = mistakes }, WarrenJson.Options, "application/problem+json", 400)));
        using var shell = new Shell(server.Url) { Input = "good" };
        var file = Path.Combine(shell.Home, "bad.yaml");
        await File.WriteAllTextAsync(file, "bad");
        (await shell.RunAsync("templates", "validate", "-", file, "--user", "anna")).ShouldBe(2);
        asked!.User.ShouldBe("anna");
        shell.Error.ShouldBe($"-: valid\n{file}:3:1: colour: is not a field known here\n{file}:5:3: is not YAML\n");
        (await shell.RunAsync("templates", "validate", "-", "--user-data")).ShouldBe(0);
        shell.Out.ShouldBe("#cloud-config\n{}\n");
        using var importing = new Shell(server.Url);
        (await importing.RunAsync("templates", "import", file)).ShouldBe(2);
        importing.Error.ShouldStartWith($"{file}:3:1: colour: ");
    }

    [Fact]
    public async Task A_launch_leaves_to_the_template_what_was_not_typed()
    {
        JsonElement? body = null;
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/templates/web", () => s_web)
            .Get("/images/{image}", (string image) => Given.Image(image))
            .Get("/machines/{m}", () => Given.Machine() with { Template = "web@3" })
            .Get("/operations/{id}", () => Given.Operation("o1", OperationStatus.Succeeded, 100))
            .Post("/machines", (JsonElement r) =>
            {
                body = r;
                return Results.Json(Given.Operation("o1", OperationStatus.Pending), WarrenJson.Options, statusCode: 202);
            }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("launch", "--template", "web@3", "--cpus", "4")).ShouldBe(0, shell.Error);
        server.Of("GET", "/templates/web").Single().Query.ShouldBe("?version=3");
        body!.Value.GetProperty("template").GetString().ShouldBe("web@3");
        body.Value.GetProperty("cpus").GetInt32().ShouldBe(4);
        foreach (var field in new[] { "image", "firmware", "video", "memoryMiB", "userData", "ttlSeconds" }) body.Value.TryGetProperty(field, out _).ShouldBeFalse(field);
        (await shell.RunAsync("launch")).ShouldBe(2);
    }

    [Fact]
    public async Task A_guest_whose_cloud_init_failed_says_why()
    {
        var failed = Given.Ready(ReadinessRung.Process, ReadinessRung.CloudInit) with { CloudInit = CloudInitStatus.Error, Detail = "scripts_user", Log = ["warren: database", "psql: no such role"] };
        await using var server = await LittleServer.StartAsync(routes => routes
            .Get("/machines/{m}", () => Given.Machine() with { Readiness = failed })
            .Get("/machines/{m}/readiness", async (HttpContext context) =>
            {
                if (!context.Request.Headers.Accept.ToString().Contains("event-stream", StringComparison.Ordinal)) await context.Response.WriteAsJsonAsync(failed, WarrenJson.Options);
                else await LittleServer.SendEventsAsync(context, [$"event: readiness\ndata: {JsonSerializer.Serialize(failed, WarrenJson.Options)}"]);
            }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("info", "web")).ShouldBe(0, shell.Error);
        shell.Out.ShouldContain("errors     scripts_user\n");
        shell.Out.ShouldContain("log        psql: no such role\n");
        (await shell.RunAsync("wait", "web", "--for", "cloud-init")).ShouldNotBe(0);
        shell.Error.ShouldContain("warren: database\npsql: no such role\n");
        shell.Error.ShouldContain("cloud-init ended with errors: scripts_user");
    }

    [Fact]
    public async Task A_Vagrantfile_is_asked_for_and_written()
    {
        var asked = new List<VagrantfileRequest>();
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/vagrantfiles", (VagrantfileRequest r) =>
        {
            asked.Add(r);
            return new Vagrantfile { FileName = "Vagrantfile", Text = "Vagrant.configure(\"2\") do |config|\nend\n", Notes = [] };
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("vagrantfile", "--template", "web@2", "--box", "a/b", "--box-version", "~> 4", "--synced-folder", @"C:\src:/srv", "--private-network", "dhcp", "--private-network", "192.168.56.9",
            "--public-network", "eth0", "--hypervisor", "hyperv")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe("Vagrant.configure(\"2\") do |config|\nend\n");
        var request = asked.ShouldHaveSingleItem();
        (request.Template, request.Machine, request.Hypervisor, request.Box, request.BoxVersion).ShouldBe(("web@2", null, "hyperv", "a/b", "~> 4"));
        request.SyncedFolders.ShouldBe([new(@"C:\src", "/srv")]);
        request.Networks.Select(n => (n.Kind, n.Address, n.Bridge)).ShouldBe([(VagrantNetworkKind.Private, null, null), (VagrantNetworkKind.Private, "192.168.56.9", null), (VagrantNetworkKind.Public, null, "eth0")]);
        using var wrong = new Shell(server.Url);
        (await wrong.RunAsync("vagrantfile", "--template", "web", "--synced-folder", "src")).ShouldBe(2);
        wrong.Error.ShouldContain("write HOST:GUEST");
    }
}
