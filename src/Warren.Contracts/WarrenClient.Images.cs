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
}
