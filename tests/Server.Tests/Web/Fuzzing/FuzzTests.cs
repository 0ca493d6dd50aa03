using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Web.Fuzzing;

/// <summary>
/// Requests made up from the API's own description, right and wrong, by nobody, a viewer, a stranger, the owner of what is asked
/// for and an administrator: none is answered by a 5xx, by a stack trace, or not at all. In full with WARREN_SOAK=full.
/// </summary>
public abstract partial class FuzzTests(PostgresCluster? cluster)
{
    private static readonly int s_requests = Campaign.IsFull ? 10_000 : 1_500;

    /// <summary>After so many, everybody who was disabled, demoted or logged out is somebody again, and there are new things to ask for.</summary>
    private const int Round = 250;

    [Fact]
    [Trait("Campaign", "yes")]
    public async Task No_request_is_answered_by_a_failure_of_the_server()
    {
        var dice = new Dice(Campaign.Seed());
        await using var server = await TestServer.StartAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(), settings:
            ["Access:SignUp=open", "Access:LoginsPerMinute=1000", "Images:ConnectTimeout=00:00:01", "Images:Attempts=1", "Logging:LogLevel:Default=None"]);
        await server.Client.MakeAsync<Host>("hosts", new AddHostRequest { Name = "other-host", Hypervisor = "fake" });
        var scene = new RouteScene(server);
        await scene.PeopleAsync();
        using var anonymous = server.Anonymous();
        using var api = new ApiDescription(await anonymous.GetStringAsync(server.Url + "/openapi/v1.json"));
        var (answers, wrong) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new List<string>());
        RequestMaker maker = null!;
        for (var i = 0; i < s_requests && wrong.Count < 10; i++)
        {
            if (i % Round == 0) maker = new RequestMaker(dice, api, await BeginAsync(scene, i / Round));
            var (who, client) = dice.Pick([.. scene.Callers.Where(c => c.Key is "nobody" or "viewer" or "other" or "owner" or "administrator")]);
            var request = maker.Next();
            var (status, against) = await AskAsync(client, request);
            if (against is not null) wrong.Add($"{who}: {request}\n    {against}");
            var counted = $"{who} {status / 100}xx";
            answers[counted] = answers.GetValueOrDefault(counted) + 1;
        }

        Campaign.Say(string.Join(", ", answers.Select(a => $"{a.Key}: {a.Value}")));
        wrong.ShouldBeEmpty();
        answers.Where(a => a.Key is "owner 2xx" or "administrator 2xx").Sum(a => a.Value).ShouldBeGreaterThan(s_requests / 40, "what is right must get through, or nothing behind the checks is tried");
        (await anonymous.GetAsync("health", TestContext.Current.CancellationToken)).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    private static async Task<Dictionary<string, string>> BeginAsync(RouteScene scene, int round)
    {
        await scene.ReviveAsync();
        var things = await scene.ThingsAsync("f" + round.ToString(CultureInfo.InvariantCulture));
        // The one on which the machines are made is left alone.
        things["hosts/name"] = "other-host";
        return things;
    }

    /// <returns>The status, and what is wrong with the answer.</returns>
    private static async Task<(int Status, string? Wrong)> AskAsync(HttpClient who, FuzzedRequest request)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            using var message = request.Message();
            using var answer = await who.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var (status, type) = ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType);
            // An empty pool says when to ask again; that is an answer.
            if (status >= 500 && !(status == 503 && answer.Headers.RetryAfter is not null)) return (status, $"{status} {await answer.Content.ReadAsStringAsync(limit.Token)}");
            // A stream of events has no end, nor has a log that is followed.
            if (type == "text/event-stream" || status == 101 || request.Path.Contains("follow=true", StringComparison.Ordinal)) return (status, null);
            var text = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(limit.Token));
            if (status >= 400 && text.Length > 0 && type != "application/problem+json") return (status, $"{status} {type}: {text}");
            var trace = Trace().Match(text);
            return (status, trace.Success && type != "application/yaml" ? $"{status} says '{trace.Value}': {text[..Math.Min(text.Length, 2000)]}" : null);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return (0, "no answer within a minute");
        }
        catch (HttpRequestException e)
        {
            return (0, $"the line broke: {e.Message} {e.InnerException?.Message}");
        }
    }

    [GeneratedRegex(@"\n\s+at [\w.<>]+\(|\w+Exception\b|\.cs:line|Microsoft\.\w+\.|Npgsql|SQLITE|SQLite Error|System\.\w+\.\w+", RegexOptions.NonBacktracking)]
    private static partial Regex Trace();
}

public sealed class SqliteFuzzTests() : FuzzTests(null);

public sealed class PostgresFuzzTests(PostgresCluster cluster) : FuzzTests(cluster);
