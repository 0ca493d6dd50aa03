using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>Every route that there is, and what routes.txt says of it.</summary>
internal static class RouteTable
{
    /// <summary>Who asks.</summary>
    public static readonly string[] Columns = ["nobody", "viewer", "other", "owner", "administrator"];

    /// <summary>All routes, in an order in which none takes away what another needs: looking, making, then deleting from the inside out.</summary>
    public static List<Route> Of(TestServer server) => [.. server.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
        .SelectMany(e => e.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(m => new Route(
            m, e.RoutePattern.RawText!, e.Metadata.OfType<IProducesResponseTypeMetadata>().Any(p => p.StatusCode == 101))))
        .OrderBy(r => r.Method switch { "GET" => 0, "DELETE" => 2, _ => 1 })
        .ThenByDescending(r => r.Method == "DELETE" ? r.Path.Count(c => c == '/') : 0).ThenBy(r => r.Path, StringComparer.Ordinal)];

    /// <summary>What each column is answered, and the body that is sent.</summary>
    public static Dictionary<string, (string[] Answers, string? Body)> Read()
        => Lines("routes.txt").Select(l => l.Split('|', 3, StringSplitOptions.TrimEntries))
            .ToDictionary(l => l[0], l => (l[1].Split(' ', StringSplitOptions.RemoveEmptyEntries), l.Length > 2 ? l[2] : null), StringComparer.Ordinal);

    /// <summary>Lines of a file beside the tests, without what begins with #.</summary>
    public static IEnumerable<string> Lines(string file)
    {
        using var reader = new StreamReader(typeof(RouteTable).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#');
    }
}

/// <summary>One route.</summary>
internal sealed partial record Route(string Method, string Path, bool IsSocket)
{
    public string Name => $"{Method} {Path}";

    /// <summary>Asks it, and returns the answer's status.</summary>
    public async Task<int> AskAsync(HttpClient who, Dictionary<string, string> things, string? body)
    {
        var path = Parameter().Replace(Path, m =>
        {
            var before = Path[..m.Index].TrimEnd('/');
            var own = before[(before.LastIndexOf('/') + 1)..] + "/" + m.Groups["name"].Value;
            return Uri.EscapeDataString(things.TryGetValue(own, out var special) ? special : things[m.Groups["name"].Value]);
        });
        using var request = new HttpRequestMessage(new HttpMethod(Method), path["/api/v1/".Length..]);
        request.Headers.Add(Warren.Contracts.Tus.Resumable, Warren.Contracts.Tus.Version);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        if (IsSocket)
        {
            request.Headers.Connection.Add("Upgrade");
            request.Headers.Upgrade.Add(new ProductHeaderValue("websocket"));
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
            request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var answer = await who.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        return (int)answer.StatusCode;
    }

    [GeneratedRegex(@"\{(?<name>[^}]*)\}", RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();
}
