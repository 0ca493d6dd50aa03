using System.Text.Json;

namespace Warren.Server.Tests.Web.Fuzzing;

/// <summary>A parameter of a route.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
/// <param name="Schema">What it may be.</param>
internal sealed record ApiParameter(string Name, string In, JsonElement Schema);

/// <summary>A method of a route.</summary>
/// <param name="Method">In capitals.</param>
/// <param name="Path">With its parameters in braces.</param>
/// <param name="Parameters">In its path, query and headers.</param>
/// <param name="Body">What its JSON body may be; null: it takes none.</param>
internal sealed record ApiRoute(string Method, string Path, IReadOnlyList<ApiParameter> Parameters, JsonElement? Body);

/// <summary>The API as the server itself describes it (OpenAPI 3.1).</summary>
internal sealed class ApiDescription : IDisposable
{
    private readonly JsonDocument _document;

    public ApiDescription(string text)
    {
        _document = JsonDocument.Parse(text);
        Routes = [.. from path in _document.RootElement.GetProperty("paths").EnumerateObject()
                     from method in path.Value.EnumerateObject()
                     select new ApiRoute(method.Name.ToUpperInvariant(), path.Name, Parameters(method.Value), Body(method.Value))];
    }

    public IReadOnlyList<ApiRoute> Routes { get; }

    /// <summary>Follows a reference, if it is one.</summary>
    public JsonElement Resolve(JsonElement schema)
    {
        while (schema.TryGetProperty("$ref", out var reference))
            schema = _document.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);
        return schema;
    }

    public void Dispose() => _document.Dispose();

    private static List<ApiParameter> Parameters(JsonElement operation)
        => operation.TryGetProperty("parameters", out var all)
            ? [.. all.EnumerateArray().Select(p => new ApiParameter(p.GetProperty("name").GetString()!, p.GetProperty("in").GetString()!, p.GetProperty("schema")))]
            : [];

    private static JsonElement? Body(JsonElement operation)
        => operation.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out var json) ? json.GetProperty("schema") : null;
}
