using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Proxmox.Api;

/// <summary>
/// The API below <c>/api2/json</c> (pve.proxmox.com/pve-docs/api-viewer). Every wait has a limit, every answer a largest
/// size; whatever is no answer of a Proxmox VE is Unreachable.
/// </summary>
internal sealed class ProxmoxClient : IDisposable
{
    private const int LargestAnswer = 32 << 20;

    private readonly ProxmoxOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;
    private readonly ProxmoxLogin _login;

    internal ProxmoxClient(ProxmoxOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _login = new ProxmoxLogin(options, clock);
        _http = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan };
        Sockets = new HttpMessageInvoker(Handler(options));
    }

    /// <summary>What opens WebSockets, with the same trust.</summary>
    internal HttpMessageInvoker Sockets { get; }

    internal Task<JsonNode?> GetAsync(string path, CancellationToken cancellation, Form? query = null) =>
        SendAsync(HttpMethod.Get, path, query, cancellation);

    /// <summary>
    /// Sends what changes something. Once sent it is seen to its answer: the server begins its task although nobody waits,
    /// and nobody would know of it.
    /// </summary>
    internal Task<JsonNode?> ChangeAsync(HttpMethod method, string path, Form? form, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return SendAsync(method, path, form, CancellationToken.None);
    }

    /// <summary>Sends a file; only a whole one is kept there.</summary>
    internal Task<JsonNode?> UploadAsync(string path, Func<UploadContent> content, CancellationToken cancellation) =>
        GuardAsync(path, _options.TaskTimeout, limit => AskAsync(HttpMethod.Post, path, content, login: true, limit), cancellation);

    /// <summary>Puts the login into the request of another client: the console's WebSocket.</summary>
    internal async Task<HttpRequestMessage> LoginAsync(CancellationToken cancellation) =>
        await GuardAsync("login", _options.Timeout, async limit =>
        {
            var message = new HttpRequestMessage(HttpMethod.Get, _options.Address);
            await _login.ApplyAsync(message, TicketAsync, limit);
            return message;
        }, cancellation);

    public void Dispose()
    {
        _http.Dispose();
        Sockets.Dispose();
        _login.Dispose();
    }

    private static SocketsHttpHandler Handler(ProxmoxOptions options) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = options.Timeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
        SslOptions = ProxmoxTls.For(options),
    };

    private Task<JsonNode?> SendAsync(HttpMethod method, string path, Form? form, CancellationToken cancellation)
    {
        var inQuery = method == HttpMethod.Get || method == HttpMethod.Delete;
        var target = inQuery && form is not null ? $"{path}?{form.Query()}" : path;
        // POST without parameters has an empty body, with a length.
        Func<HttpContent>? content = inQuery ? null : () => (form ?? new Form()).Content();
        return GuardAsync(path, _options.Timeout, limit => AskAsync(method, target, content, login: true, limit), cancellation);
    }

    private Task<JsonNode?> TicketAsync(Form form, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, "/access/ticket", form.Content, login: false, cancellation);

    private async Task<JsonNode?> AskAsync(HttpMethod method, string target, Func<HttpContent>? content, bool login, CancellationToken cancellation)
    {
        var what = $"{method} {target.Split('?')[0]}";
        for (var again = true; ; again = false)
        {
            using var message = new HttpRequestMessage(method, new Uri(_options.Address, "/api2/json" + target)) { Content = content?.Invoke() };
            var used = login ? await _login.ApplyAsync(message, TicketAsync, cancellation) : null;
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellation);
            if (response.StatusCode == HttpStatusCode.Unauthorized && used is not null)
            {
                _login.Refuse(used);
                if (again) continue;
            }

            return Judge(what, response, bytes);
        }
    }

    /// <summary>What stands under <c>data</c>.</summary>
    internal static JsonNode? Judge(string what, HttpResponseMessage response, byte[] bytes)
    {
        JsonNode? body = null;
        try
        {
            if (bytes.Length > 0) Fields.Touch(body = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A refusal may be plain text; its status line says enough.
            body = null;
            if (response.IsSuccessStatusCode) throw Fields.Bad(what);
        }

        if (!response.IsSuccessStatusCode) throw ProxmoxErrors.Of(what, (int)response.StatusCode, response.ReasonPhrase, body);
        return body is JsonObject answer && answer.TryGetPropertyValue("data", out var data) ? data : throw Fields.Bad(what);
    }

    private async Task<T> GuardAsync<T>(string path, TimeSpan patience, Func<CancellationToken, Task<T>> act, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var timeout = new CancellationTokenSource(patience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            return await act(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new HypervisorException(HypervisorErrorKind.Unreachable,
                string.Create(CultureInfo.InvariantCulture, $"{_options.Address} did not answer {path} within {patience.TotalSeconds:0.#} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            // A refused certificate tells why one level down.
            var why = e.InnerException is AuthenticationException inner ? inner.Message : e.Message;
            throw new HypervisorException(HypervisorErrorKind.Unreachable, $"{_options.Address} is not reached: {why}", e);
        }
    }
}
