using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Contracts;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Web.Fuzzing;

/// <summary>A request, as it is sent and as it is told.</summary>
internal sealed record FuzzedRequest(string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body, string? ContentType)
{
    public HttpRequestMessage Message()
    {
        var message = new HttpRequestMessage(new HttpMethod(Method), new Uri(Path, UriKind.Relative));
        foreach (var (name, value) in Headers) message.Headers.TryAddWithoutValidation(name, value);
        if (Body is null) return message;
        message.Content = new ByteArrayContent(Body);
        if (ContentType is not null) message.Content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        return message;
    }

    public override string ToString()
    {
        var body = Body is null ? "" : Encoding.UTF8.GetString(Body);
        return $"{Method} {Path} [{string.Join(", ", Headers.Select(h => $"{h.Name}: {h.Value}"))}] {ContentType} {(body.Length > 1000 ? body[..1000] + "…" : body)}";
    }
}

/// <summary>Requests that are right in most of what they say, and wrong in some of it.</summary>
internal sealed class RequestMaker(Dice dice, ApiDescription api, IReadOnlyDictionary<string, string> things)
{
    private static readonly string[] s_methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];
    private static readonly string[] s_types = ["text/plain", "application/xml", "application/json; charset=utf-16", "multipart/form-data; boundary=x", "application/offset+octet-stream", "nonsense", "application/x-www-form-urlencoded"];
    private static readonly string[] s_headers = ["Idempotency-Key", "If-Match", "If-None-Match", "Range", "Origin", "Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Checksum", "Cookie", "Accept", "Expect-CT", "X-Forwarded-For", "Last-Event-ID"];

    private readonly ValueMaker _values = new(dice, api, [.. things.Values]);

    public FuzzedRequest Next()
    {
        var route = dice.Pick(api.Routes);
        var path = new StringBuilder(route.Path);
        var query = new List<string>();
        var headers = new List<(string, string)> { (Tus.Resumable, Tus.Version) };
        foreach (var parameter in route.Parameters)
        {
            switch (parameter.In)
            {
                case "path":
                    path.Replace($"{{{parameter.Name}}}", Uri.EscapeDataString(InPath(route, parameter)));
                    break;
                case "header" when dice.Chance(50):
                    headers.Add((parameter.Name, Clean(_values.Word(parameter.Schema))));
                    break;
                // Nobody waits here: how long one may is the parameter's own rule.
                case "query" when dice.Chance(35):
                    query.Add($"{parameter.Name}={(parameter.Name == "wait" ? dice.Pick(["0", "-1", "61", "x", "999999999999"]) : Uri.EscapeDataString(_values.Word(parameter.Schema)))}");
                    break;
            }
        }

        if (dice.Chance(5)) query.Add($"{Uri.EscapeDataString(_values.Text())}={Uri.EscapeDataString(_values.Text())}");
        if (dice.Chance(8)) headers.Add((dice.Pick(s_headers), Clean(_values.Text())));
        var (body, type) = route.Body is { } schema ? Body(schema) : dice.Chance(5) ? (Encoding.UTF8.GetBytes(_values.Text()), "application/json") : (null, null);
        return new FuzzedRequest(dice.Chance(4) ? dice.Pick(s_methods) : route.Method, path + (query.Count == 0 ? "" : "?" + string.Join('&', query)), headers, body, type);
    }

    private string InPath(ApiRoute route, ApiParameter parameter)
    {
        if (dice.Chance(15)) return _values.Text() is { Length: > 0 } text and not ("." or "..") ? text : "x";
        var before = route.Path[..route.Path.IndexOf($"{{{parameter.Name}}}", StringComparison.Ordinal)].TrimEnd('/');
        return things.GetValueOrDefault(before[(before.LastIndexOf('/') + 1)..] + "/" + parameter.Name) ?? things.GetValueOrDefault(parameter.Name) ?? "x";
    }

    private (byte[]?, string?) Body(JsonElement schema)
    {
        var value = _values.Value(schema);
        var text = value?.ToJsonString() ?? "null";
        return dice.Roll(40) switch
        {
            0 => (null, null),
            1 => ([], "application/json"),
            2 => (Encoding.UTF8.GetBytes(text[..dice.Roll(text.Length + 1)]), "application/json"),
            3 => (Encoding.UTF8.GetBytes(text), dice.Pick(s_types)),
            4 => ([.. Encoding.UTF8.GetBytes(text[..(text.Length / 2)]), 0xFF, 0xC0, 0x80, .. Encoding.UTF8.GetBytes(text[(text.Length / 2)..])], "application/json"),
            5 => (Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("[", 2000))), "application/json"),
            6 when value is JsonObject { Count: > 0 } twice => (Encoding.UTF8.GetBytes($"{{{text[1..^1]},{text[1..^1]}}}"), "application/json"),
            7 => (Encoding.UTF8.GetBytes($"{{\"name\":\"{new string('n', (1 << 20) - 100)}\"}}"), "application/json"),
            // Half of a pair, and a NUL, which JSON can say and few can keep.
            8 or 9 => (Encoding.UTF8.GetBytes(Spoiled(text, dice.Chance(50) ? "\\ud800" : "\\u0000")), "application/json"),
            10 => (Encoding.UTF8.GetBytes(text + text), "application/json"),
            _ => (Encoding.UTF8.GetBytes(text), "application/json"),
        };
    }

    private string Spoiled(string json, string by)
    {
        List<int> at = [.. Enumerable.Range(0, json.Length - 1).Where(i => json[i] == ':' && json[i + 1] == '"')];
        return at.Count == 0 ? $"\"{by}\"" : json.Insert(dice.Pick(at) + 2, by);
    }

    /// <summary>What the client itself would not send.</summary>
    private static string Clean(string text) => new([.. text.Where(c => c is >= ' ' and < (char)127)]);
}
