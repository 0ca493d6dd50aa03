using System.Net;

namespace Warren.Server.Images;

/// <summary>
/// Downloads a URL to a file while hashing it. Interrupted downloads go on where they were (Range with If-Range, RFC 9110 section
/// 13.1.5), also after the process was killed; a file that has changed meanwhile is started over; a body cut short is noticed and fetched on.
/// </summary>
public sealed class Downloader(DownloadClient client, ImageOptions options, TimeProvider time)
{
    private const int MaximumRedirects = 5;
    private const int MaximumRequests = 100;

    /// <summary>Downloads the file, trying again where that can help.</summary>
    /// <exception cref="ImageException">Refused, too large, no space, or given up.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what is on disk stays for a later attempt.</exception>
    public async Task<DownloadResult> DownloadAsync(DownloadRequest request, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        client.Guard.CheckUrl(request.Url);
        using var file = await DownloadFile.OpenAsync(request, cancellation);
        progress?.Report(new(file.Bytes, file.State.Total));
        var furthest = file.Bytes;
        ImageException? trouble = null;
        var fruitless = 0;
        for (var sent = 0; !file.State.Complete; sent++)
        {
            if (trouble is not null && (fruitless >= options.Attempts || sent >= MaximumRequests)) throw trouble;
            if (trouble is not null) await Task.Delay(Backoff(fruitless), time, cancellation);
            try
            {
                await FetchOnceAsync(file, request, progress, cancellation);
            }
            catch (ImageException e) when (e.Transient)
            {
                trouble = e;
            }
            catch (Exception e) when (e is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
            {
                trouble = Translate(e, request.Url);
            }
            finally
            {
                file.SaveState();
            }

            fruitless = file.Bytes > furthest ? 1 : fruitless + 1;
            furthest = Math.Max(furthest, file.Bytes);
        }

        return file.Result();
    }

    /// <summary>Reads a small file, such as a checksum file, into memory.</summary>
    /// <exception cref="ImageException">Refused, larger than <paramref name="maximumBytes"/>, or given up.</exception>
    public async Task<byte[]> ReadAsync(Uri url, int maximumBytes, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var response = await RequestAsync(url, _ => { }, cancellation);
                if (response.StatusCode != HttpStatusCode.OK) throw Status(response, url);
                await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
                using var memory = new MemoryStream();
                var buffer = new byte[16 << 10];
                while (await ReadAsync(stream, buffer, url, cancellation) is var count and > 0)
                {
                    memory.Write(buffer, 0, count);
                    if (memory.Length > maximumBytes) throw new ImageException(ImageErrors.TooLarge, $"{url} is larger than {maximumBytes} bytes");
                }

                return memory.ToArray();
            }
            catch (Exception e) when (attempt < options.Attempts && !cancellation.IsCancellationRequested && Translate(e, url).Transient)
            {
                await Task.Delay(Backoff(attempt), time, cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException && !cancellation.IsCancellationRequested)
            {
                throw Translate(e, url);
            }
        }
    }

    private async Task FetchOnceAsync(DownloadFile file, DownloadRequest request, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        if (!file.State.CanResume) file.StartOver();
        using var response = await RequestAsync(request.Url, file.AskForRest, cancellation);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && file.Bytes > 0)
        {
            file.StartOver();
            throw new ImageException(ImageErrors.DownloadFailed, $"{request.Url} has changed while it was downloaded", transient: true);
        }

        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent)) throw Status(response, request.Url);
        if (response.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            throw new ImageException(ImageErrors.DownloadFailed, $"{request.Url} comes in a content encoding that was not asked for");
        if (!file.Accept(response))
        {
            file.StartOver();
            throw new ImageException(ImageErrors.DownloadFailed, $"{request.Url} answered with another part than was asked for", transient: true);
        }

        if (file.State.Total > request.MaximumBytes) throw TooLarge(request, file.State.Total);
        DownloadFile.RequireSpace(request.Path, file.State.Total - file.Bytes ?? 0, options);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[128 << 10];
        while (await ReadBodyAsync(file, body, buffer, request.Url, cancellation) is var count and > 0)
        {
            if (file.Bytes + count > request.MaximumBytes) throw TooLarge(request, null);
            await file.AppendAsync(buffer.AsMemory(0, count), cancellation);
            if (file.UnsavedBytes >= options.CheckpointBytes)
            {
                DownloadFile.RequireSpace(request.Path, 0, options);
                file.Checkpoint(complete: false);
            }

            progress?.Report(new(file.Bytes, file.State.Total));
        }

        if (file.State.Total is { } total && file.Bytes != total)
            throw new ImageException(ImageErrors.DownloadFailed, $"{request.Url} was cut off after {file.Bytes} of {total} bytes", transient: true);
        file.Checkpoint(complete: true);
    }

    /// <summary>Sends a GET and follows redirects by hand, so that each target passes the guard.</summary>
    private async Task<HttpResponseMessage> RequestAsync(Uri url, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        for (var hop = 0; ; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.AcceptEncoding.ParseAdd("identity");
            prepare(request);
            using var stall = new CancellationTokenSource(options.StallTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stall.Token);
            HttpResponseMessage response;
            try
            {
                response = await client.SendAsync(request, either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw Stalled(url);
            }
            catch (HttpRequestException e) when (e.InnerException is ImageException refusal)
            {
                throw new ImageException(refusal.Code, refusal.Message, refusal.Transient, e);
            }

            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308)) return response;
            using (response)
            {
                if (hop == MaximumRedirects) throw new ImageException(ImageErrors.DownloadFailed, $"{url} redirects more than {MaximumRedirects} times");
                if (response.Headers.Location is not { } location) throw new ImageException(ImageErrors.DownloadFailed, $"{url} redirects to nowhere");
                var next = new Uri(url, location);
                if (url.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                    throw new ImageException(ImageErrors.UrlRefused, $"{url} redirects from https to {next.Scheme}");
                url = next;
            }
        }
    }

    /// <summary>Reads on; an end before the promised length is called what it is.</summary>
    private async Task<int> ReadBodyAsync(DownloadFile file, Stream body, Memory<byte> buffer, Uri url, CancellationToken cancellation)
    {
        try
        {
            return await ReadAsync(body, buffer, url, cancellation);
        }
        catch (IOException e) when (!cancellation.IsCancellationRequested)
        {
            var total = file.State.Total is { } all ? $" of {all}" : "";
            throw new ImageException(ImageErrors.DownloadFailed, $"{url} was cut off after {file.Bytes}{total} bytes", transient: true, e);
        }
    }

    private async Task<int> ReadAsync(Stream body, Memory<byte> buffer, Uri url, CancellationToken cancellation)
    {
        using var stall = new CancellationTokenSource(options.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, stall.Token);
        try
        {
            return await body.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Stalled(url);
        }
    }

    private TimeSpan Backoff(int attempt) => TimeSpan.FromTicks(Math.Min(TimeSpan.FromSeconds(30).Ticks, options.RetryDelay.Ticks << Math.Min(attempt - 1, 10)));

    private ImageException Stalled(Uri url) =>
        new(ImageErrors.DownloadFailed, $"{url.Host} sent nothing for {options.StallTimeout.TotalSeconds:0.#} s", transient: true);

    private static ImageException TooLarge(DownloadRequest request, long? total) =>
        new(ImageErrors.TooLarge, $"{request.Url} is {(total is null ? "" : $"{total} bytes, ")}larger than the allowed {request.MaximumBytes} bytes");

    private static ImageException Status(HttpResponseMessage response, Uri url)
    {
        var status = (int)response.StatusCode;
        return new ImageException(ImageErrors.DownloadFailed, $"{url} answered {status}", transient: status is 408 or 425 or 429 or >= 500);
    }

    private static ImageException Translate(Exception e, Uri url) => e switch
    {
        ImageException known => known,
        HttpRequestException or HttpIOException => new(ImageErrors.DownloadFailed, $"{url.Host}: {e.GetBaseException().Message}", transient: true, e),
        IOException => DownloadFile.IsDiskFull(e)
            ? new(ImageErrors.NoSpace, "the disk of the image store is full", inner: e)
            : new(ImageErrors.DownloadFailed, $"{url.Host}: {e.Message}", transient: true, e),
        _ => new(ImageErrors.DownloadFailed, e.Message, inner: e),
    };
}
