using System.Globalization;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>Every route of a machine, asked by those whom it is shared with and by somebody whom it is not; against shared.txt, which has a row for each.</summary>
public abstract class SharedRouteTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task Every_route_of_a_machine_answers_whom_it_is_shared_with_as_its_row_says()
    {
        await using var server = await StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000"]);
        var bodies = RouteTable.Read();
        var table = RouteTable.Lines("shared.txt").Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        var routes = RouteTable.Of(server).Where(r => r.Path.StartsWith("/api/v1/machines/{machine}", StringComparison.Ordinal)).ToList();
        routes.Select(r => r.Name).Except(table.Keys, StringComparer.Ordinal).ShouldBeEmpty("routes without a row in shared.txt: write down whether sharing opens them");
        table.Keys.Except(routes.Select(r => r.Name), StringComparer.Ordinal).ShouldBeEmpty("rows in shared.txt without a route");

        var scene = new RouteScene(server);
        await scene.PeopleAsync();
        var things = await scene.ThingsAsync("a");
        var people = new List<HttpClient>();
        foreach (var name in new[] { "looks", "uses", "none" }) people.Add(await server.SignUpAsync(name));
        await ShareAsync(scene, things["machine"], "looks", ProjectRole.Viewer);
        await ShareAsync(scene, things["machine"], "uses", ProjectRole.Member);
        var wrong = new List<string>();
        foreach (var route in routes)
        {
            var found = new List<string>();
            foreach (var who in people) found.Add(Word(await route.AskAsync(who, things, bodies[route.Name].Body)));
            // To whom it is not shared with it does not exist, whatever is asked.
            if (string.Join(' ', found) != table[route.Name] + " 404") wrong.Add($"{route.Name} | {string.Join(' ', found)} | instead of {table[route.Name]}, and 404");
        }

        wrong.ShouldBeEmpty();
        // By its name it is nobody's but its project's.
        foreach (var who in people) (await who.GetAsync("machines/m-a").RefusalAsync()).ShouldBe("404 not-found");
        foreach (var who in people) who.Dispose();
    }

    private static async Task ShareAsync(RouteScene scene, string machine, string user, ProjectRole role)
        => (await scene.Callers[RouteScene.Owner].PutAsync($"machines/{machine}/users/{user}", new SetMachineUserRequest(role))).EnsureSuccessStatusCode();

    private static string Word(int status) => status is < 500 and not (401 or 403 or 404) ? "ok" : status.ToString(CultureInfo.InvariantCulture);
}

public sealed class SqliteSharedRouteTests() : SharedRouteTests(null);

public sealed class PostgresSharedRouteTests(PostgresCluster cluster) : SharedRouteTests(cluster);
