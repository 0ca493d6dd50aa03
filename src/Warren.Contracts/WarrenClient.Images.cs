using System.Net.Http.Headers;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Lists the images in the store, newest first.</summary>
    public IAsyncEnumerable<Image> ListImagesAsync(CancellationToken cancellation = default) => PagesAsync<Image>("/images", cancellation);

    /// <summary>An image by name or id.</summary>
    public Task<Image> GetImageAsync(string image, CancellationToken cancellation = default)
        => GetAsync<Image>($"/images/{Segment(image)}", cancellation);

    /// <summary>Removes an image that nothing uses.</summary>
    public Task<Operation> DeleteImageAsync(string image, CancellationToken cancellation = default)
        => DeleteAsync<Operation>($"/images/{Segment(image)}", cancellation);

    /// <summary>Builds, downloads or copies an image into the store.</summary>
    public Task<Operation> ImportImageAsync(ImportImageRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>("/images", request, cancellation);

    /// <summary>Lists what can be launched although it is not in the store yet.</summary>
    public IAsyncEnumerable<CatalogueEntry> ListCatalogueAsync(CancellationToken cancellation = default)
        => PagesAsync<CatalogueEntry>("/catalogue", cancellation);

    /// <summary>A recipe or a distribution's image by name.</summary>
    public Task<CatalogueEntry> GetCatalogueEntryAsync(string name, CancellationToken cancellation = default)
        => GetAsync<CatalogueEntry>($"/catalogue/{Segment(name)}", cancellation);

    /// <summary>Sends a file of this machine into the store.</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="content">The bytes; read once, so an upload is never tried again by itself.</param>
    /// <param name="options">Checksum, format and whether it may come in unverified; URL, path, recipe and catalogue are ignored.</param>
    /// <param name="progress">Told how many bytes have been sent.</param>
    /// <param name="cancellation">Breaks the upload off; the server then keeps nothing.</param>
    public async Task<Operation> UploadImageAsync(
        string name, Stream content, ImportImageRequest options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        var query = $"name={Uri.EscapeDataString(name)}&insecure={(options.Insecure ? "true" : "false")}";
        if (options.Checksum is { } checksum) query += "&checksum=" + Uri.EscapeDataString(checksum);
        if (options.Format is { } format) query += "&format=" + Uri.EscapeDataString(format);
        if (options.DefaultUser is { } user) query += "&defaultUser=" + Uri.EscapeDataString(user);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Root}/images/upload?{query}");
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString("n"));
        // A refusal by name or checksum then comes before the bytes are sent.
        request.Headers.ExpectContinue = true;
        request.Content = new CountedContent(content, progress);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return await ReadAsync<Operation>(response, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Unreachable(e);
        }
    }
}
