using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Warren.Contracts;

namespace Warren.Server.Tests.Images.Uploads;

/// <summary>Speaks the tus protocol by hand, so that a mistake of our own client is not a mistake of both.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public abstract class TusTestBase : ImageServerTests
{
    protected static string Metadata(params (string Name, string Value)[] told) =>
        string.Join(',', told.Select(t => $"{t.Name} {Convert.ToBase64String(Encoding.UTF8.GetBytes(t.Value))}"));

    protected async Task<HttpResponseMessage> BeginAsync(string length, string metadata, byte[]? body = null, params (string Name, string Value)[] more)
    {
        using var request = Request(HttpMethod.Post, "uploads");
        request.Headers.Add("Upload-Length", length);
        request.Headers.Add("Upload-Metadata", metadata);
        foreach (var (name, value) in more) request.Headers.Add(name, value);
        if (body is not null) request.Content = Piece(body);
        return await Server.Client.SendAsync(request);
    }

    /// <summary>Begins an upload that must be taken.</summary>
    protected async Task<string> BegunAsync(long length, string name = "a", string? checksum = null)
    {
        using var answer = await BeginAsync(length.ToString(CultureInfo.InvariantCulture), Metadata(("name", name), ("filename", "disk.qcow2"), checksum is null ? ("insecure", "true") : ("checksum", checksum)));
        ((int)answer.StatusCode).ShouldBe(201, await answer.Content.ReadAsStringAsync());
        answer.Headers.GetValues("Tus-Resumable").ShouldBe(["1.0.0"]);
        return answer.Headers.Location!.OriginalString.Split('/')[^1];
    }

    protected async Task<HttpResponseMessage> SendAsync(string id, long offset, byte[] piece, string type = "application/offset+octet-stream")
    {
        using var request = Request(HttpMethod.Patch, $"uploads/{id}");
        request.Headers.Add("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        request.Content = Piece(piece, type);
        return await Server.Client.SendAsync(request);
    }

    protected async Task<(int Status, long? Offset)> LookAsync(string id, string version = "1.0.0")
    {
        using var request = Request(HttpMethod.Head, $"uploads/{id}", version);
        using var answer = await Server.Client.SendAsync(request);
        return ((int)answer.StatusCode, answer.Headers.TryGetValues("Upload-Offset", out var here) ? long.Parse(here.Single(), CultureInfo.InvariantCulture) : null);
    }

    /// <summary>Waits for the import that the last piece has begun.</summary>
    protected async Task<Operation> ImportedAsync(HttpResponseMessage last)
    {
        ((int)last.StatusCode).ShouldBeOneOf(201, 204);
        var id = last.Headers.GetValues("Warren-Operation").Single();
        return await Server.EndAsync((await Server.Client.GetFromJsonAsync<Operation>($"operations/{id}", WarrenJson.Options))!);
    }

    protected static HttpRequestMessage Request(HttpMethod method, string path, string? version = "1.0.0")
    {
        var request = new HttpRequestMessage(method, path);
        if (version is not null) request.Headers.Add("Tus-Resumable", version);
        return request;
    }

    protected static async Task<string> TypeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Type.Split(':')[^1];

    private static ByteArrayContent Piece(byte[] bytes, string type = "application/offset+octet-stream")
    {
        var body = new ByteArrayContent(bytes);
        body.Headers.ContentType = new MediaTypeHeaderValue(type);
        return body;
    }
}
