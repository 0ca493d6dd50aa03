using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Engine;

/// <summary>
/// The engine's HTTP API (docs.docker.com/reference/api/engine) over its unix socket or TLS. Every wait has a limit;
/// whatever is no answer of an engine is Unreachable, and the next call starts afresh.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    /// <summary>API of Docker 19.03: the oldest with all that is asked for here.</summary>
    internal static readonly Version Oldest = new(1, 40);

    /// <summary>The newest API whose description this driver was written by (Docker 24).</summary>
    internal static readonly Version Newest = new(1, 43);

    private const int LargestAnswer = 32 << 20;

    private readonly DockerOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private string? _prefix;

    internal EngineClient(DockerOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = options.Timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        };
        if (options.IsLocal) handler.ConnectCallback = (_, cancellation) => ConnectAsync(options.Endpoint.AbsolutePath, cancellation);
        else handler.SslOptions = Certificates.For(options);
        _http = new HttpClient(handler)
        {
            BaseAddress = options.IsLocal ? new Uri("http://engine") : new UriBuilder("https", options.Endpoint.Host, options.Endpoint.Port).Uri,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Version of the engine and the API that is spoken with it.</summary>
    /// <exception cref="HypervisorException">Unreachable; Unsupported when it is too old.</exception>
    internal async Task<(string Engine, string Api)> VersionAsync(CancellationToken cancellation)
    {
        var body = (await SendAsync(new Request(HttpMethod.Get, "/version") { Unversioned = true }, cancellation)).Require("version");
        if (!Version.TryParse(Text(body, "ApiVersion"), out var highest))
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"{_options.Endpoint} answers, but is no Docker Engine");
        var lowest = Version.TryParse(Text(body, "MinAPIVersion"), out var stated) ? stated : Oldest;
        var api = highest < Newest ? highest : Newest;
        if (api < Oldest || api < lowest)
        {
            throw new HypervisorException(HypervisorErrorKind.Unsupported,
                $"the engine speaks API {lowest} to {highest}; this driver {Oldest} to {Newest}");
        }

        _prefix = string.Create(CultureInfo.InvariantCulture, $"/v{api.Major}.{api.Minor}");
        return (Text(body, "Version") ?? "unknown", api.ToString());
    }

    internal Task<EngineAnswer> GetAsync(string path, CancellationToken cancellation) => SendAsync(new Request(HttpMethod.Get, path), cancellation);

    internal Task<EngineAnswer> PostAsync(string path, JsonNode? body, CancellationToken cancellation) =>
        SendAsync(new Request(HttpMethod.Post, path) { Json = body }, cancellation);

    /// <summary>
    /// Makes a container. Once sent it is seen to its end: an engine makes the container although nobody waits for the answer,
    /// after its undoing perhaps, and nobody would know of it.
    /// </summary>
    internal Task<EngineAnswer> CreateContainerAsync(string? name, JsonNode body, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return PostAsync("/containers/create" + (name is null ? "" : "?name=" + name), body, CancellationToken.None);
    }

    internal Task<EngineAnswer> DeleteAsync(string path, CancellationToken cancellation) => SendAsync(new Request(HttpMethod.Delete, path), cancellation);

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="HypervisorException">Unreachable.</exception>
    internal Task<EngineAnswer> SendAsync(Request request, CancellationToken cancellation) => GuardAsync(request, async limit =>
    {
        using var response = await StartAsync(request, limit);
        return new EngineAnswer((int)response.StatusCode, Parse(await ReadAsync(response, limit), response));
    }, cancellation);

    /// <summary>Sends a request whose answer is read bit by bit, or is a connection to a container (101); only its beginning has a limit.</summary>
    /// <exception cref="HypervisorException">Unreachable, and whatever a refusal stands for.</exception>
    internal async Task<Stream> OpenAsync(Request request, CancellationToken cancellation)
    {
        var response = await GuardAsync(request, limit => StartAsync(request, limit), cancellation);
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return new ResponseStream(response, await response.Content.ReadAsStreamAsync(cancellation));
        using (response)
        {
            var bytes = await GuardAsync(request, limit => ReadAsync(response, limit), cancellation);
            throw new EngineAnswer((int)response.StatusCode, Parse(bytes, response)).Failure(request.Path.Split('?')[0]);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The whole answer, which has a limit: an engine elsewhere could send without end.</summary>
    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    private async Task<HttpResponseMessage> StartAsync(Request request, CancellationToken cancellation)
    {
        if (_prefix is null && !request.Unversioned) await VersionAsync(cancellation);
        using var message = new HttpRequestMessage(request.Method, (request.Unversioned ? "" : _prefix) + request.Path) { Content = request.Content() };
        if (request.Upgrade)
        {
            message.Headers.Connection.Add("Upgrade");
            message.Headers.Add("Upgrade", "tcp");
        }

        return await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    private async Task<T> GuardAsync<T>(Request request, Func<CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var limit = request.Limit ?? _options.Timeout;
        using var timeout = new CancellationTokenSource(limit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return await act(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HypervisorException(HypervisorErrorKind.Unreachable,
                string.Create(CultureInfo.InvariantCulture, $"the engine at {_options.Endpoint} did not answer within {limit.TotalSeconds:0.#} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            // A certificate or a socket that is refused tells why one level down.
            var why = e.InnerException switch
            {
                AuthenticationException inner => inner.Message,
                SocketException inner when _options.IsLocal => inner.SocketErrorCode is SocketError.AddressNotAvailable
                    ? "there is no such socket; does the engine run there?" : inner.Message,
                _ => e.Message,
            };
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"the engine at {_options.Endpoint} is not reached: {why}", e);
        }
    }

    private JsonNode? Parse(byte[] bytes, HttpResponseMessage response)
    {
        if (bytes.Length == 0 || response.StatusCode == HttpStatusCode.NotModified) return null;
        try
        {
            return JsonNode.Parse(bytes);
        }
        catch (JsonException)
        {
            if (!response.IsSuccessStatusCode) return null;
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"what answers at {_options.Endpoint} is no Docker Engine");
        }
    }

    private static string? Text(JsonNode body, string name) =>
        body is JsonObject o && o[name] is JsonValue v && v.TryGetValue<string>(out var text) ? text : null;

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Uri.UnescapeDataString(path)), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
