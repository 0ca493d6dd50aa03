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
    public async Task An_upload_tells_how_far_it_is()
    {
        long received = 0;
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/images/upload", async (HttpContext context) =>
        {
            using var sink = new MemoryStream();
            await context.Request.Body.CopyToAsync(sink);
            received = sink.Length;
            return Results.Json(Given.Operation("o1", OperationStatus.Pending), WarrenJson.Options, statusCode: 202);
        }));
        using var client = new WarrenClient(server.Url);
        var told = new Told<long>();
        using var content = new MemoryStream(new byte[3_000_000]);
        await client.UploadImageAsync("a b", content, new ImportImageRequest { Insecure = true, Format = "raw" }, told);
        received.ShouldBe(3_000_000);
        told.Values[^1].ShouldBe(3_000_000);
        told.Values.Count.ShouldBeGreaterThan(5);
        server.Requests.Single().Query.ShouldBe("?name=a%20b&insecure=true&format=raw");
    }

    private sealed class Told<T> : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value) => Values.Add(value);
    }
}
