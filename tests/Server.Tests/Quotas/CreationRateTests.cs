using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Quotas;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Quotas;

/// <summary>How often one may ask for something new, and how it is said that it was too often.</summary>
public sealed class CreationRateTests
{
    [Fact]
    public async Task A_loop_is_stopped_and_told_when_to_come_back_and_others_go_on()
    {
        await using var server = await TestServer.StartAsync(settings: "Limits:CreationsPerMinute=5");
        var (ann, bob) = (await server.ProgramAsync("ann"), await server.ProgramAsync("bob"));
        // Of the owner's five, two were for their tokens. What is refused for another reason counts: it was work all the same.
        for (var i = 0; i < 5; i++) (await Post(ann, "machines", "{}")).Status.ShouldBe(400);
        var (status, problem, after) = await Post(ann, "machines", "{}");
        (status, problem!.Type).ShouldBe((429, "urn:warren:problem:too-many-requests"));
        after!.Value.ShouldBeInRange(1, 12);
        problem.RetryAfterSeconds.ShouldBe(after);
        foreach (var path in new[] { "tokens", "images", "machines/x/fork", "machines/x/clone", "pools/x/claims", "uploads" }) (await Post(ann, path, "{}")).Status.ShouldBe(429, path);
        // Looking, and changing what is there, is another matter.
        (await ann.GetAsync("machines")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Post(ann, "machines/x/stop", "{}")).Status.ShouldBe(404);
        (await Post(bob, "machines", "{}")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Changes_have_a_limit_too_and_looking_has_none()
    {
        await using var server = await TestServer.StartAsync(settings: "Limits:ChangesPerMinute=6");
        var ann = await server.ProgramAsync("ann");
        for (var i = 0; i < 6; i++) (await Post(ann, "machines/x/keep", "{}")).Status.ShouldBe(404);
        (await Post(ann, "machines/x/keep", "{}")).Status.ShouldBe(429);
        (await ann.GetAsync("machines")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_address_has_a_limit_of_its_own_and_zero_is_none()
    {
        await using var server = await TestServer.StartAsync(settings: ["Limits:CreationsPerMinute=0", "Limits:CreationsPerMinutePerAddress=8"]);
        var users = new List<HttpClient>();
        foreach (var name in new[] { "a", "b", "c" }) users.Add(await server.ProgramAsync(name));
        for (var i = 0; i < 5; i++) (await Post(users[i % 3], "machines", "{}")).Status.ShouldBe(400);
        foreach (var user in users) (await Post(user, "machines", "{}")).Status.ShouldBe(429);
    }

    [Fact]
    public async Task Log_in_and_lock_say_when_to_come_back()
    {
        await using var server = await TestServer.StartAsync(settings: ["Access:LoginsPerMinute=4", "Access:FailuresPerName=2"]);
        var browser = server.Browser();
        var answers = new List<(int Status, string Type, int? After)>();
        for (var i = 0; i < 5; i++)
        {
            using var answer = await browser.LogInAsync("ann", "wrong");
            var problem = (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
            answers.Add(((int)answer.StatusCode, problem.Type["urn:warren:problem:".Length..], (int?)answer.Headers.RetryAfter?.Delta?.TotalSeconds));
            problem.RetryAfterSeconds.ShouldBe(answers[^1].After);
        }

        answers.Select(a => (a.Status, a.Type)).ShouldBe([(401, "unauthenticated"), (401, "unauthenticated"), (429, "locked-out"), (429, "locked-out"), (429, "too-many-requests")]);
        // The lock began with the answer before it.
        answers[2].After!.Value.ShouldBeInRange((15 * 60) - 60, 15 * 60);
        answers[4].After!.Value.ShouldBeInRange(1, 60);
    }

    [Fact]
    public async Task The_defaults_let_a_class_begin_at_once()
    {
        await using var server = await TestServer.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Post(server.Client, "machines", "{}")));
        answers.ShouldAllBe(a => a.Status == 400);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    public void Of_an_address_of_ipv6_the_network_counts(string address, string block)
        => new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } }.AddressBlock().ShouldBe(block);

    [Fact]
    public async Task What_makes_something_says_so()
    {
        await using var server = await TestServer.StartAsync();
        server.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(e => e.Metadata.GetMetadata<Creates>() is not null).Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()!.EndpointName)
            .ShouldBe(["launchMachine", "cloneMachine", "forkMachine", "claimMachine", "importImage", "createGoldenImage", "createPool", "createUpload", "createToken", "createUserToken"], ignoreOrder: true);
    }

    private static async Task<(int Status, Problem? Problem, int? After)> Post(HttpClient client, string path, string body)
    {
        using var answer = await client.PostAsync(path, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        var problem = answer.IsSuccessStatusCode ? null : await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options);
        return ((int)answer.StatusCode, problem, (int?)answer.Headers.RetryAfter?.Delta?.TotalSeconds);
    }
}
