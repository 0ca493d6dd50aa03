using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    private const int Tries = 3;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    private Task<T> GetAsync<T>(string path, CancellationToken cancellation, TimeSpan? longer = null)
        => SendAsync<T>(() => new HttpRequestMessage(HttpMethod.Get, Root + path), cancellation, longer);

    /// <summary>POSTs with an idempotency key, the same in every try, so that a try whose answer got lost changes nothing twice.</summary>
    private Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellation, string? idempotencyKey = null, TimeSpan? longer = null)
    {
        var key = idempotencyKey ?? Guid.NewGuid().ToString("n");
        return SendAsync<T>(() =>
        {
            var request = WithBody(HttpMethod.Post, path, body);
            request.Headers.Add("Idempotency-Key", key);
            return request;
        }, cancellation, longer);
    }

    private Task<T> PatchAsync<T>(string path, object body, CancellationToken cancellation)
        => SendAsync<T>(() => WithBody(HttpMethod.Patch, path, body), cancellation);

    private Task<T> PutAsync<T>(string path, object body, CancellationToken cancellation)
        => SendAsync<T>(() => WithBody(HttpMethod.Put, path, body), cancellation);

    private Task<T> DeleteAsync<T>(string path, CancellationToken cancellation)
        => SendAsync<T>(() => new HttpRequestMessage(HttpMethod.Delete, Root + path), cancellation);

    private static HttpRequestMessage WithBody(HttpMethod method, string path, object? body) => new(method, Root + path)
    {
        Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: WarrenJson.Options),
    };

    private async Task<T> SendAsync<T>(Func<HttpRequestMessage> create, CancellationToken cancellation, TimeSpan? longer = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var timeout = new CancellationTokenSource(RequestTimeout + (longer ?? TimeSpan.Zero), _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
            try
            {
                using var request = create();
                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
                return await ReadAsync<T>(response, either.Token);
            }
            catch (HttpRequestException e) when (IsBrokenConnection(e) && attempt < Tries)
            {
                await Task.Delay(s_pause * attempt, _time, cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw Unreachable(e);
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                throw new WarrenUnreachableException(Server, $"no answer within {RequestTimeout.TotalSeconds:0} s", e);
            }
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellation)
    {
        await RequireSuccessAsync(response, cancellation);
        if (typeof(T) == typeof(Nothing)) return default!;
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(WarrenJson.Options, cancellation)
                ?? throw new JsonException("the answer is empty");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw NotOurs(response, e);
        }
    }

    /// <summary>Turns a refusal into a <see cref="WarrenException"/>.</summary>
    private async Task RequireSuccessAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode) return;
        Problem? problem = null;
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json")
        {
            try
            {
                problem = await response.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options, cancellation);
            }
            catch (JsonException)
            {
                // Half an answer; the status has to do.
            }
        }

        throw problem?.Type is null ? NotOurs(response, null) : new WarrenException(problem with { Status = (int)response.StatusCode });
    }

    /// <summary>An answer that a Warren server does not give: a bare status, or another program on that port.</summary>
    private WarrenException NotOurs(HttpResponseMessage response, Exception? inner)
    {
        var status = (int)response.StatusCode;
        var kind = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized => "unauthenticated",
            HttpStatusCode.Forbidden => "forbidden",
            HttpStatusCode.NotFound => "not-found",
            HttpStatusCode.TooManyRequests => "too-many-requests",
            _ => "internal",
        };
        var detail = response.IsSuccessStatusCode
            ? $"the answer of {Server.GetLeftPart(UriPartial.Authority)} is not that of a Warren server of this version"
            : $"{Server.GetLeftPart(UriPartial.Authority)} answered {status} {response.ReasonPhrase}";
        return new WarrenException(new Problem("urn:warren:problem:" + kind, response.ReasonPhrase ?? "Unexpected answer", status, detail.TrimEnd()), inner);
    }

    private WarrenUnreachableException Unreachable(Exception e) => new(Server, e switch
    {
        HttpRequestException { InnerException: SocketException socket } => Lower(socket.Message),
        _ => Lower((e.InnerException ?? e).Message),
    }, e);

    private static string Lower(string message) => message.Length == 0 ? message : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');

    /// <summary>The connection was there and broke: worth another try. A refused one or an unknown name is not.</summary>
    private static bool IsBrokenConnection(HttpRequestException e)
        => e.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.Unknown
            && e.InnerException is not SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    /// <summary>Walks through a list's pages.</summary>
    private async IAsyncEnumerable<T> PagesAsync<T>(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        do
        {
            var query = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=200";
            if (after is not null) query += "&after=" + Uri.EscapeDataString(after);
            var page = await GetAsync<Page<T>>(query, cancellation);
            foreach (var item in page.Items) yield return item;
            after = page.Next;
        }
        while (after is not null);
    }

    private static string Segment(string value) => Uri.EscapeDataString(value) is var escaped && escaped is "." or ".." or ""
        ? throw new WarrenException(new Problem("urn:warren:problem:not-found", "Not found", 404, $"'{value}' is not a name"))
        : escaped;

    /// <summary>Stands for an answer without a body.</summary>
    private sealed record Nothing;

    private static HttpRequestMessage Stream(string path, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Root + path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        return request;
    }
}
