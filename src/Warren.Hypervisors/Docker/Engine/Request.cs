using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Engine;

/// <summary>A request to the engine. Data goes into the path by <see cref="Escape"/> or into the JSON body.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">Path and query below the version.</param>
internal sealed record Request(HttpMethod Method, string Path)
{
    /// <summary>Body, or null.</summary>
    internal JsonNode? Json { get; init; }

    /// <summary>Writes a tar archive as the body, or null.</summary>
    internal Func<Stream, CancellationToken, Task>? Archive { get; init; }

    /// <summary>How long until the answer is there; the host's timeout when null.</summary>
    internal TimeSpan? Limit { get; init; }

    /// <summary>Asks for the connection itself.</summary>
    internal bool Upgrade { get; init; }

    /// <summary>Without the version in the path.</summary>
    internal bool Unversioned { get; init; }

    /// <summary>A text as a piece of a path or query.</summary>
    internal static string Escape(string text) => Uri.EscapeDataString(text);

    /// <summary>Filters as the API takes them: a map of lists, as JSON, escaped.</summary>
    internal static string Filters(params (string Name, string[] Values)[] filters)
    {
        var map = new JsonObject();
        foreach (var (name, values) in filters) map[name] = new JsonArray([.. values.Select(v => JsonValue.Create(v))]);
        return Escape(map.ToJsonString());
    }

    internal HttpContent? Content() =>
        Archive is not null ? new ArchiveContent(Archive)
        : Json is not null ? JsonContent.Create(Json)
        // Some engines refuse a POST without any body.
        : Method == HttpMethod.Post ? new ByteArrayContent([])
        : null;

    private sealed class ArchiveContent : HttpContent
    {
        private readonly Func<Stream, CancellationToken, Task> _write;

        internal ArchiveContent(Func<Stream, CancellationToken, Task> write)
        {
            _write = write;
            Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => _write(stream, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
            _write(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
