using System.Globalization;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>
/// Every route, asked by nobody, by a viewer of the project, by a member of another one, by the owner of what is asked for,
/// and by an administrator; against routes.txt, which has a row for each. 401, 403 and 404 stand for themselves, <c>ok</c>
/// for every answer by which the door was open: success, and refusals of the body or of the thing's state.
/// </summary>
public sealed class RouteMatrixTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000"]);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_route_answers_everybody_as_its_row_says()
    {
        var table = RouteTable.Read();
        var routes = RouteTable.Of(_server);
        routes.Select(r => r.Name).Except(table.Keys, StringComparer.Ordinal).ShouldBeEmpty("routes without a row in routes.txt: write down who may use them");
        table.Keys.Except(routes.Select(r => r.Name), StringComparer.Ordinal).ShouldBeEmpty("rows in routes.txt without a route");

        var scene = new RouteScene(_server);
        await scene.PeopleAsync();
        var (first, second) = (await scene.ThingsAsync("a"), await scene.ThingsAsync("b"));
        // What was refused left everything as it was, so that the owner finds it; the administrator has another set.
        var found = routes.ToDictionary(r => r.Name, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var column in RouteTable.Columns)
            foreach (var route in routes)
                found[route.Name].Add(Word(await route.AskAsync(scene.Callers[column], column == "administrator" ? second : first, table[route.Name].Body)));
        var wrong = routes.Where(r => !found[r.Name].SequenceEqual(table[r.Name].Answers, StringComparer.Ordinal))
            .Select(r => $"{r.Name} | {string.Join(' ', found[r.Name])} | instead of {string.Join(' ', table[r.Name].Answers)}");
        wrong.ShouldBeEmpty();
    }

    private static string Word(int status) => status is < 500 and not (401 or 403 or 404) ? "ok" : status.ToString(CultureInfo.InvariantCulture);
}
