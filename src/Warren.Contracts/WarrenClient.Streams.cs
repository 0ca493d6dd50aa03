using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>
    /// Reads one server-sent event stream until the server ends it. The first item stands for the opened stream; an event
    /// whose data is not <typeparamref name="T"/> is a sign of life or a newer server's, and comes without data.
    /// </summary>
    private async IAsyncEnumerable<StreamItem<T>> ReadEventsAsync<T>(
        string path, string? lastEventId, [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        using var request = Stream(path, "text/event-stream");
        if (lastEventId is not null) request.Headers.Add("Last-Event-ID", lastEventId);
        using var response = await OpenAsync(request, cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        yield return new StreamItem<T>(lastEventId, "opened", null);
        var parser = SseParser.Create(body, static (_, data) => TryRead<T>(data));
        await foreach (var item in parser.EnumerateAsync(cancellation))
        {
            yield return new StreamItem<T>(parser.LastEventId is { Length: > 0 } id ? id : lastEventId, item.EventType, item.Data);
        }
    }

    private static bool IsBroken(Exception e)
        => e is not WarrenUnreachableException || e.InnerException is HttpRequestException inner && IsBrokenConnection(inner);

    private static T? TryRead<T>(ReadOnlySpan<byte> data) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(data, WarrenJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Sends a request whose answer is a stream: no limit on its length, but one on how long its head may take.</summary>
    private Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellation) => OpenAsync(request, async (response, c) =>
    {
        await RequireSuccessAsync(response, c);
        return response;
    }, cancellation);

    /// <summary>The same of an answer that is something else, once its head is there; it is disposed of where that fails.</summary>
    private async Task<T> OpenAsync<T>(HttpRequestMessage request, Func<HttpResponseMessage, CancellationToken, Task<T>> take, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        HttpResponseMessage? response = null;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await take(response, either.Token);
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
    /// Keeps a stream going over broken connections: opens it again after a pause, behind the last event that was seen, for
    /// as long as <see cref="Patience"/> allows. A server that is not there in the first place is told at once.
    /// </summary>
    /// <param name="path">The stream.</param>
    /// <param name="lastEventId">Begin behind this event; the server decides when null.</param>
    /// <param name="isLast">Whether the server ends the stream behind this item; another end is a broken connection.</param>
    /// <param name="cancellation">Ends the reading.</param>
    private async IAsyncEnumerable<StreamItem<T>> KeepReadingAsync<T>(
        string path, string? lastEventId, Func<StreamItem<T>, bool> isLast, [EnumeratorCancellation] CancellationToken cancellation) where T : class
    {
        var opened = false;
        long? silentSince = null;
        while (true)
        {
            await using var reader = ReadEventsAsync<T>(path, lastEventId, cancellation).GetAsyncEnumerator(cancellation);
            while (true)
            {
                try
                {
                    if (!await reader.MoveNextAsync()) break;
                }
                catch (Exception e) when (e is WarrenUnreachableException or IOException or HttpRequestException)
                {
                    silentSince ??= _time.GetTimestamp();
                    if (!opened && !IsBroken(e) || _time.GetElapsedTime(silentSince.Value) > Patience) throw e as WarrenUnreachableException ?? Unreachable(e);
                    break;
                }

                opened = true;
                silentSince = null;
                lastEventId = reader.Current.Id;
                if (reader.Current.Data is not null) yield return reader.Current;
                if (isLast(reader.Current)) yield break;
            }

            await Task.Delay(s_pause * 2, _time, cancellation);
        }
    }

    /// <summary>One server-sent event; <see cref="Data"/> is null where there is nothing to tell but that the server lives.</summary>
    private readonly record struct StreamItem<T>(string? Id, string Type, T? Data) where T : class;
}
