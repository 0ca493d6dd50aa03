using System.Globalization;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Takes a picture of a machine's screen.</summary>
    /// <param name="machine">Name or id.</param>
    /// <param name="width">Makes it smaller, pixels.</param>
    /// <param name="stable">Waits until nothing has changed for so long.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<Screenshot> GetScreenshotAsync(string machine, int? width = null, TimeSpan? stable = null, CancellationToken cancellation = default)
    {
        string[] query =
        [
            .. width is { } w ? [string.Create(CultureInfo.InvariantCulture, $"width={w}")] : Array.Empty<string>(),
            .. stable is { } s ? [string.Create(CultureInfo.InvariantCulture, $"stable={(int)s.TotalMilliseconds}")] : Array.Empty<string>(),
        ];
        using var request = Stream($"/machines/{Segment(machine)}/screen.png?{string.Join('&', query)}", "image/png");
        using var answer = await OpenAsync(request, cancellation);
        var size = answer.Headers.TryGetValues("Warren-Screen", out var told) ? told.First().Split('x') : ["0", "0"];
        return new Screenshot(await answer.Content.ReadAsByteArrayAsync(cancellation),
            int.Parse(size[0], CultureInfo.InvariantCulture), int.Parse(size[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Types, presses keys, moves and clicks at a machine's screen.</summary>
    public Task SendInputAsync(string machine, ScreenInput input, CancellationToken cancellation = default)
        => PostAsync<Nothing>($"/machines/{Segment(machine)}/input", input, cancellation);
}
