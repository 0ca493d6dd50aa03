using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Lists your uploads of the last day, newest first.</summary>
    public IAsyncEnumerable<Upload> ListUploadsAsync(CancellationToken cancellation = default) => PagesAsync<Upload>("/uploads", cancellation);

    /// <summary>Gives an upload up.</summary>
    public async Task DeleteUploadAsync(string id, CancellationToken cancellation = default)
    {
        using var request = TusRequest(HttpMethod.Delete, $"/uploads/{Segment(id)}");
        (await SendTusAsync(request, cancellation)).Dispose();
    }

    /// <summary>
    /// Sends a file of this machine into the store, and goes on after a lost connection. One that was broken off, of the same name and length, is
    /// gone on with if the options are the same, else begun anew.
    /// </summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="fileName">The file's own name, by which an upload is known again.</param>
    /// <param name="content">The bytes; it can be sought.</param>
    /// <param name="options">Checksum, format and whether it may come in unverified; URL, path, recipe and catalogue are ignored.</param>
    /// <param name="progress">Told how many bytes are there.</param>
    /// <exception cref="WarrenUnreachableException">For longer than <see cref="Patience"/> no byte got through.</exception>
    /// <param name="cancellation">Breaks the upload off; the server keeps what it has for a day.</param>
    public async Task<Operation> UploadImageAsync(
        string name, string fileName, Stream content, ImportImageRequest options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var (id, offset) = await BeginUploadAsync(name, fileName, content.Length, options, cancellation);
        for (long? broken = null; ;)
        {
            try
            {
                // A server that has just come back, or a request that it has not seen the end of: what is there is asked for each time.
                if (broken is not null)
                {
                    var here = await OffsetAsync(id, cancellation);
                    if (here > offset) broken = null;
                    offset = here;
                }

                var operation = await AppendAsync(id, offset, content, progress, cancellation);
                return await GetAsync<Operation>($"/operations/{Segment(operation)}", cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                broken ??= _time.GetTimestamp();
                if (_time.GetElapsedTime(broken.Value) > Patience) throw Unreachable(e);
                await Task.Delay(s_pause, _time, cancellation);
            }
        }
    }

    private async Task<(string Id, long Offset)> BeginUploadAsync(string name, string fileName, long length, ImportImageRequest options, CancellationToken cancellation)
    {
        Upload? other = null;
        await foreach (var known in ListUploadsAsync(cancellation))
        {
            if (known is not { OperationId: null } || (known.Name, known.FileName, known.Length) != (name, fileName, length)) continue;
            if ((known.Checksum, known.Format, known.DefaultUser, known.Insecure) == (options.Checksum, options.Format, options.DefaultUser, options.Insecure)) return (known.Id, known.Offset);
            other = known;
        }

        // It was begun on other terms, which would hold: the checksum that is given now would be nobody's.
        if (other is not null) await DeleteUploadAsync(other.Id, cancellation);
        using var request = TusRequest(HttpMethod.Post, "/uploads");
        request.Headers.Add(Tus.Length, length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(Tus.Metadata, string.Join(',', new (string Name, string? Value)[]
        {
            ("name", name), ("filename", fileName), ("checksum", options.Checksum), ("format", options.Format), ("defaultUser", options.DefaultUser), ("insecure", options.Insecure ? "true" : null),
        }.Where(p => p.Value is not null).Select(p => $"{p.Name} {Convert.ToBase64String(Encoding.UTF8.GetBytes(p.Value!))}")));
        using var response = await SendTusAsync(request, cancellation);
        return (response.Headers.Location!.OriginalString.Split('/')[^1], 0);
    }

    private async Task<string> AppendAsync(string id, long offset, Stream content, IProgress<long>? progress, CancellationToken cancellation)
    {
        content.Position = offset;
        using var request = TusRequest(HttpMethod.Patch, $"/uploads/{Segment(id)}");
        request.Headers.Add(Tus.Offset, offset.ToString(CultureInfo.InvariantCulture));
        // A refusal then comes before the bytes are sent.
        request.Headers.ExpectContinue = true;
        request.Content = new CountedContent(content, progress is null ? null : new From(progress, offset));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Tus.ContentType);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireSuccessAsync(response, cancellation);
        return response.Headers.TryGetValues(Tus.Operation, out var operation) ? operation.First() : throw NotOurs(response, null);
    }

    private async Task<long> OffsetAsync(string id, CancellationToken cancellation)
    {
        using var request = TusRequest(HttpMethod.Head, $"/uploads/{Segment(id)}");
        using var response = await _http.SendAsync(request, cancellation);
        await RequireSuccessAsync(response, cancellation);
        return long.Parse(response.Headers.GetValues(Tus.Offset).First(), CultureInfo.InvariantCulture);
    }

    private HttpRequestMessage TusRequest(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, Root + path);
        request.Headers.Add(Tus.Resumable, Tus.Version);
        return request;
    }

    private async Task<HttpResponseMessage> SendTusAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            var response = await _http.SendAsync(request, cancellation);
            await RequireSuccessAsync(response, cancellation);
            return response;
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(e);
        }
    }

    private sealed class From(IProgress<long> progress, long begin) : IProgress<long>
    {
        public void Report(long value) => progress.Report(begin + value);
    }
}
