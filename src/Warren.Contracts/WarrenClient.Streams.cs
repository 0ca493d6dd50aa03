using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>
    /// Reads one server-sent event stream until the server ends it. Events whose data is not <typeparamref name="T"/> are
    /// a newer server's and are left out.
    /// </summary>
    private async IAsyncEnumerable<T> ReadEventsAsync<T>(
        string path, string? lastEventId, string? type, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = Stream(path, "text/event-stream");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await OpenAsync(request, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var parser = SseParser.Create(body, (name, data) => type is null || name == type ? TryRead<T>(data) : default);
        await foreach (var item in parser.EnumerateAsync(cancellation))
        {
            if (item.Data is not null) yield return item.Data;
        }
    }

    private static bool IsBroken(Exception e)
        => e is not WarrenUnreachableException || e.InnerException is HttpRequestException inner && IsBrokenConnection(inner);

    private static T? TryRead<T>(ReadOnlySpan<byte> data)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(data, WarrenJson.Options);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>Sends a request whose answer is a stream: no limit on its length, but one on how long its head may take.</summary>
    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            await RequireSuccessAsync(response, either.Token);
            return response;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            response?.Dispose();
            throw Unreachable(e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            response?.Dispose();
            throw new WarrenUnreachableException(Server, $"no answer within {RequestTimeout.TotalSeconds:0} s", e);
        }
        catch
        {
            response?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Keeps a stream going over broken connections: opens it again after a pause, for as long as <see cref="Patience"/>
    /// allows without any sign of life. A server that is not there in the first place is told at once.
    /// </summary>
    /// <param name="open">Opens the stream where it was left.</param>
    /// <param name="isLast">Whether the server ends the stream behind this event; another end is a broken connection.</param>
    /// <param name="cancellation">Ends the reading.</param>
    private async IAsyncEnumerable<T> KeepReadingAsync<T>(
        Func<IAsyncEnumerable<T>> open, Func<T, bool> isLast, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var lastSign = _time.GetTimestamp();
        var opened = false;
        while (true)
        {
            await using var reader = open().GetAsyncEnumerator(cancellation);
            while (true)
            {
                try
                {
                    if (!await reader.MoveNextAsync())
                    {
                        lastSign = _time.GetTimestamp();
                        break;
                    }
                }
                catch (Exception e) when (e is WarrenUnreachableException or IOException or HttpRequestException)
                {
                    var unreachable = e as WarrenUnreachableException ?? Unreachable(e);
                    if (!opened && !IsBroken(e) || _time.GetElapsedTime(lastSign) > Patience) throw unreachable;
                    break;
                }

                opened = true;
                lastSign = _time.GetTimestamp();
                yield return reader.Current;
                if (isLast(reader.Current)) yield break;
            }

            await Task.Delay(s_pause * 2, _time, cancellation);
        }
    }
}
