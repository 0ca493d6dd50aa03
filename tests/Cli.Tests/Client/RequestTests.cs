using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Warren.Contracts;

namespace Cli.Tests.Client;

public sealed class RequestTests
{
    [Fact]
    public async Task A_refusal_is_an_exception_with_the_servers_problem()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", (string m) =>
            LittleServer.Refuse("not-found", 404, $"there is no machine {m}")));
        using var client = new WarrenClient(server.Url, "wrn_x");
        var refusal = await Should.ThrowAsync<WarrenException>(() => client.GetMachineAsync("nobody"));
        refusal.Kind.ShouldBe("not-found");
        refusal.Problem.Status.ShouldBe(404);
        refusal.Message.ShouldBe("there is no machine nobody");
        server.Requests.Single().Headers["Authorization"].ShouldBe("Bearer wrn_x");
    }

    [Fact]
    public async Task A_refused_field_is_told_with_its_rules()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines", () =>
            LittleServer.Refuse("validation", 400, null, new() { ["memoryMiB"] = ["must be 512 to 4096"] })));
        using var client = new WarrenClient(server.Url);
        var refusal = await Should.ThrowAsync<WarrenException>(() => client.LaunchMachineAsync(new LaunchRequest { Image = "tiny" }));
        refusal.Problem.Errors!["memoryMiB"].ShouldBe(["must be 512 to 4096"]);
    }

    [Theory]
    [InlineData(401, "unauthenticated")]
    [InlineData(404, "not-found")]
    [InlineData(502, "internal")]
    [InlineData(301, "internal")]
    public async Task An_answer_that_is_no_problem_becomes_one(int status, string kind)
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => Results.Text("<html>", "text/html", null, status)));
        using var client = new WarrenClient(server.Url);
        (await Should.ThrowAsync<WarrenException>(() => client.GetMachineAsync("a"))).Kind.ShouldBe(kind);
    }

    [Fact]
    public async Task A_web_page_is_not_taken_for_a_machine()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", () => Results.Text("<html>", "text/html")));
        using var client = new WarrenClient(server.Url);
        (await Should.ThrowAsync<WarrenException>(() => client.GetMachineAsync("a"))).Message.ShouldContain("not that of a Warren server");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_at_once()
    {
        Uri gone;
        await using (var server = await LittleServer.StartAsync(_ => { })) gone = server.Url;
        using var client = new WarrenClient(gone);
        (await Should.ThrowAsync<WarrenUnreachableException>(() => client.GetHealthAsync())).Message.ShouldBe(
            $"cannot reach the server at {gone.GetLeftPart(UriPartial.Authority)}: connection refused");
    }

    [Fact]
    public async Task A_post_whose_answer_got_lost_is_sent_again_with_the_same_key()
    {
        var tries = 0;
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines/{m}/start", (HttpContext context) =>
        {
            if (Interlocked.Increment(ref tries) < 3)
            {
                context.Abort();
                return Results.Empty;
            }

            return Results.Json(Given.Operation("o1", OperationStatus.Pending), WarrenJson.Options, statusCode: 202);
        }));
        using var client = new WarrenClient(server.Url);
        (await client.StartMachineAsync("web")).Id.ShouldBe("o1");
        server.Requests.Count.ShouldBe(3);
        server.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct().Count().ShouldBe(1);
        await client.StartMachineAsync("web");
        server.Requests.Select(r => r.Headers["Idempotency-Key"]).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public async Task A_list_is_walked_page_by_page()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines", (string? after, int limit) => after switch
        {
            null => new Page<Machine>([Given.Machine("a"), Given.Machine("b")], "c&1"),
            "c&1" => new Page<Machine>([Given.Machine("c")]),
            _ => throw new InvalidOperationException(after),
        }));
        using var client = new WarrenClient(server.Url);
        var names = new List<string>();
        await foreach (var machine in client.ListMachinesAsync()) names.Add(machine.Name);
        names.ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_name_cannot_become_another_path()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{m}", (string m) => LittleServer.Refuse("not-found", 404, m)));
        using var client = new WarrenClient(server.Url);
        (await Should.ThrowAsync<WarrenException>(() => client.GetMachineAsync("../keys?x#y"))).Kind.ShouldBe("not-found");
        server.Requests.Single().Path.ShouldBe("/api/v1/machines/..%2Fkeys%3Fx%23y");
        await Should.ThrowAsync<WarrenException>(() => client.GetMachineAsync(".."));
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_goes_on_and_tells_how_far_it_is()
    {
        var (received, tries) = (new MemoryStream(), 0);
        await using var server = await LittleServer.StartAsync(routes =>
        {
            routes.Get("/uploads", () => Results.Json(new Page<Upload>([]), WarrenJson.Options));
            routes.Get("/operations/{o}", (string o) => Results.Json(Given.Operation(o, OperationStatus.Pending), WarrenJson.Options));
            routes.Post("/uploads", (HttpContext context) =>
            {
                (context.Response.StatusCode, context.Response.Headers.Location) = (201, "/api/v1/uploads/u1");
                return Task.CompletedTask;
            });
            routes.Head("/uploads/u1", (HttpContext context) =>
            {
                context.Response.Headers[Tus.Offset] = received.Length.ToString(CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
            routes.Patch("/uploads/u1", async (HttpContext context) =>
            {
                context.Request.Headers[Tus.Offset].ToString().ShouldBe(received.Length.ToString(CultureInfo.InvariantCulture));
                if (tries++ == 0)
                {
                    var part = new byte[1_000_000];
                    await context.Request.Body.ReadExactlyAsync(part);
                    received.Write(part);
                    context.Abort();
                    return;
                }

                await context.Request.Body.CopyToAsync(received);
                (context.Response.StatusCode, context.Response.Headers[Tus.Operation]) = (204, "o1");
            });
        });
        using var client = new WarrenClient(server.Url);
        var told = new Told<long>();
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        using var content = new MemoryStream(bytes);
        (await client.UploadImageAsync("a b", "x.raw", content, new ImportImageRequest { Insecure = true, Format = "raw" }, told)).Id.ShouldBe("o1");
        received.ToArray().ShouldBe(bytes);
        told.Values[^1].ShouldBe(3_000_000);
        told.Values.Count.ShouldBeGreaterThan(5);
        var said = server.Requests.Single(r => r.Method == "POST").Headers[Tus.Metadata].Split(',').ToDictionary(p => p.Split(' ')[0], p => Encoding.UTF8.GetString(Convert.FromBase64String(p.Split(' ')[1])));
        said.ShouldBe(new Dictionary<string, string> { ["name"] = "a b", ["filename"] = "x.raw", ["format"] = "raw", ["insecure"] = "true" }, ignoreOrder: true);
    }

    [Fact]
    public async Task An_upload_that_was_begun_on_other_terms_is_begun_anew()
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var server = await LittleServer.StartAsync(routes =>
        {
            routes.Get("/uploads", () => Results.Json(new Page<Upload>([new Upload("old", "a", "a.iso", 10, 5, now, now) { Insecure = true }]), WarrenJson.Options));
            routes.Get("/operations/{o}", (string o) => Results.Json(Given.Operation(o, OperationStatus.Pending), WarrenJson.Options));
            routes.Delete("/uploads/old", () => Results.NoContent());
            routes.Post("/uploads", (HttpContext context) =>
            {
                (context.Response.StatusCode, context.Response.Headers.Location) = (201, "/api/v1/uploads/new");
                return Task.CompletedTask;
            });
            routes.Patch("/uploads/{id}", async (string id, HttpContext context) =>
            {
                await context.Request.Body.CopyToAsync(Stream.Null);
                (context.Response.StatusCode, context.Response.Headers[Tus.Operation]) = (204, id);
            });
        });
        using var client = new WarrenClient(server.Url);
        using var content = new MemoryStream(new byte[10]);
        (await client.UploadImageAsync("a", "a.iso", content, new ImportImageRequest { Insecure = true })).Id.ShouldBe("old");
        server.Requests.Last(r => r.Method == "PATCH").Headers[Tus.Offset].ShouldBe("5");
        (await client.UploadImageAsync("a", "a.iso", content, new ImportImageRequest { Checksum = "sha256:00" })).Id.ShouldBe("new");
        server.Of("DELETE", "/uploads/old").Count.ShouldBe(1);
    }

    private sealed class Told<T> : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value) => Values.Add(value);
    }
}
