namespace Warren.Contracts;

/// <summary>Golden images and forks.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Lists golden images, newest first.</summary>
    public IAsyncEnumerable<GoldenImage> ListGoldenImagesAsync(CancellationToken cancellation = default) => PagesAsync<GoldenImage>("/golden-images", cancellation);

    /// <summary>A golden image by id, by name (its newest version) or by NAME@VERSION.</summary>
    public Task<GoldenImage> GetGoldenImageAsync(string goldenImage, CancellationToken cancellation = default)
        => GetAsync<GoldenImage>($"/golden-images/{Segment(goldenImage)}", cancellation);

    /// <summary>Makes a golden image from a machine.</summary>
    public Task<Operation> CreateGoldenImageAsync(CreateGoldenImageRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>("/golden-images", request, cancellation);

    /// <summary>Marks a golden image ready whose machine was prepared by hand: it is frozen now.</summary>
    public Task<Operation> MarkGoldenImageReadyAsync(string goldenImage, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/golden-images/{Segment(goldenImage)}/ready", null, cancellation);

    /// <summary>Gives a golden image another name or description.</summary>
    public Task<GoldenImage> EditGoldenImageAsync(string goldenImage, EditGoldenImageRequest request, CancellationToken cancellation = default)
        => PatchAsync<GoldenImage>($"/golden-images/{Segment(goldenImage)}", request, cancellation);

    /// <summary>Removes a golden image that nothing came from.</summary>
    public Task<Operation> DeleteGoldenImageAsync(string goldenImage, CancellationToken cancellation = default)
        => DeleteAsync<Operation>($"/golden-images/{Segment(goldenImage)}", cancellation);

    /// <summary>Makes new machines that go on where a running one stands.</summary>
    public Task<Operation> ForkMachineAsync(string machine, ForkRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/fork", request, cancellation);
}
