using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Web;

/// <summary>Idempotency-Key, on both databases.</summary>
public abstract class IdempotencyTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task A_repeat_gets_the_first_answer_and_changes_nothing()
    {
        await using var server = await ReadyAsync();
        var (first, firstOperation) = await LaunchAsync(server, "key-1", "a");
        var (second, secondOperation) = await LaunchAsync(server, "key-1", "a");
        second.StatusCode.ShouldBe(first.StatusCode);
        second.Headers.Location.ShouldBe(first.Headers.Location);
        second.Headers.Contains("Idempotency-Replayed").ShouldBeTrue();
        secondOperation!.Id.ShouldBe(firstOperation!.Id);
        await using var db = server.Db();
        (await db.Machines.CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Many_at_once_with_one_key_happen_once()
    {
        await using var server = await ReadyAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => LaunchAsync(server, "key-2", "b")));
        answers.ShouldAllBe(a => a.Answer.StatusCode == HttpStatusCode.Accepted);
        answers.Select(a => a.Operation!.Id).Distinct().Count().ShouldBe(1);
        await using var db = server.Db();
        (await db.Machines.CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Another_request_with_the_same_key_is_refused()
    {
        await using var server = await ReadyAsync();
        await LaunchAsync(server, "key-3", "c");
        var (answer, _) = await LaunchAsync(server, "key-3", "d");
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("idempotency-mismatch");
    }

    [Fact]
    public async Task A_refusal_is_not_kept()
    {
        await using var server = await ReadyAsync();
        (await LaunchAsync(server, "key-4", "BAD NAME")).Answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await LaunchAsync(server, "key-4", "good")).Answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_private_key_is_neither_stored_nor_sent_twice()
    {
        await using var server = await ReadyAsync();
        async Task<HttpResponseMessage> MakeAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "keys") { Content = JsonContent.Create(new CreateKeyRequest { Name = "k" }, options: WarrenJson.Options) };
            request.Headers.Add("Idempotency-Key", "key-5");
            return await server.Client.SendAsync(request);
        }

        using var first = await MakeAsync();
        (await first.Content.ReadFromJsonAsync<CreatedKey>(WarrenJson.Options))!.PrivateKey!.ShouldStartWith("-----BEGIN OPENSSH PRIVATE KEY-----");
        using var second = await MakeAsync();
        second.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        await using var db = server.Db();
        (await db.Idempotency.SingleAsync()).Body.ShouldBeNull();
        Directory.EnumerateFiles(Path.Combine(server.Data, "keys"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    private async Task<TestServer> ReadyAsync()
    {
        var server = await StartAsync();
        await server.AddImageAsync();
        await Eventually.BecomesAsync(async () => (await server.Client.GetStringAsync("hosts/local")).Contains("\"usable\":true", StringComparison.Ordinal), "probed");
        return server;
    }

    private static async Task<(HttpResponseMessage Answer, Operation? Operation)> LaunchAsync(TestServer server, string key, string name)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "machines")
        {
            Content = JsonContent.Create(new LaunchRequest { Name = name, Image = "tiny" }, options: WarrenJson.Options),
        };
        request.Headers.Add("Idempotency-Key", key);
        var answer = await server.Client.SendAsync(request);
        return (answer, answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options) : null);
    }
}

public sealed class SqliteIdempotencyTests() : IdempotencyTests(null);

public sealed class PostgresIdempotencyTests(PostgresCluster cluster) : IdempotencyTests(cluster);
