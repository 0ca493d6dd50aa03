using System.Globalization;
using System.Text.RegularExpressions;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Audit;

/// <summary>Every route, asked by everybody, leaves exactly one entry or none, as actions.txt says.</summary>
public abstract partial class AuditRoutesTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    /// <summary>They ask with a body and change nothing.</summary>
    private static readonly string[] s_asking = ["POST /api/v1/machines/placement", "POST /api/v1/templates/validate", "POST /api/v1/vagrantfiles/"];

    [Fact]
    public async Task Every_route_that_changes_something_leaves_one_entry_whoever_asks_and_whatever_is_answered()
    {
        await using var server = await StartAsync(settings: ["Access:SignUp=open", "Access:LoginsPerMinute=1000", "Audit:StrangersPerAddress=100000", "Audit:StrangersPerMinute=100000"]);
        var actions = RouteTable.Lines("actions.txt").Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
        var (table, routes) = (RouteTable.Read(), RouteTable.Of(server));
        actions.Keys.Except(routes.Select(r => r.Name), StringComparer.Ordinal).ShouldBeEmpty("rows in actions.txt without a route");
        routes.Where(r => (r.Method is not ("GET" or "HEAD" or "OPTIONS") || r.IsSocket) && !s_asking.Contains(r.Name)).Select(r => r.Name)
            .Except(actions.Keys, StringComparer.Ordinal).ShouldBeEmpty("routes that change something or open a console without a row in actions.txt");
        actions.Values.ShouldAllBe(a => Name().IsMatch(a));
        actions.Values.Distinct(StringComparer.Ordinal).Count().ShouldBe(actions.Count);

        var scene = new RouteScene(server);
        await scene.PeopleAsync();
        var (first, second) = (await scene.ThingsAsync("a"), await scene.ThingsAsync("b"));
        var wrong = new List<string>();
        foreach (var column in RouteTable.Columns)
        {
            foreach (var route in routes)
            {
                var last = await server.LastAsync();
                var status = await route.AskAsync(scene.Callers[column], column == "administrator" ? second : first, table[route.Name].Body);
                var found = (await server.EntriesAsync(last)).Where(e => e.Actor != AuditActor.System).ToList();
                var expected = actions.GetValueOrDefault(route.Name);
                var told = string.Join(", ", found.Select(e => $"{e.Action} {e.UserName ?? "-"} {e.Status}"));
                // A sign-up makes somebody; no other name appears.
                var who = column switch { "nobody" => "-", "owner" => RouteScene.Owner, _ => column };
                var wanted = expected is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{expected} {who} {status}");
                if (told != wanted) wrong.Add($"{column}: {route.Name} left '{told}' instead of '{wanted}'");
                if (found is [{ Result: var result }] && result != (status < 400 ? AuditResult.Ok : status < 500 ? AuditResult.Refused : AuditResult.Failed)) wrong.Add($"{column}: {route.Name} is {result} with {status}");
                if (found is [{ } entry] && (entry.Route != route.Path || entry.Method != route.Method || entry.Address is null)) wrong.Add($"{column}: {route.Name} says {entry.Method} {entry.Route} {entry.Address}");
            }
        }

        wrong.ShouldBeEmpty();
        (await server.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [GeneratedRegex(@"\A[a-z-]+\.[a-z-]+\z", RegexOptions.NonBacktracking)]
    private static partial Regex Name();
}

public sealed class SqliteAuditRoutesTests() : AuditRoutesTests(null);

public sealed class PostgresAuditRoutesTests(PostgresCluster cluster) : AuditRoutesTests(cluster);
