using System.Globalization;

namespace Warren.Contracts;

/// <summary>Recordings of machines' screens.</summary>
public sealed partial class WarrenClient
{
    /// <summary>Recordings, newest first: all, or those of one machine, by its id or name.</summary>
    public IAsyncEnumerable<Recording> ListRecordingsAsync(string? machine = null, CancellationToken cancellation = default)
        => PagesAsync<Recording>(machine is null ? "/recordings" : $"/recordings?machine={Segment(machine)}", cancellation);

    /// <summary>A recording with its gaps.</summary>
    public Task<Recording> GetRecordingAsync(string recording, CancellationToken cancellation = default)
        => GetAsync<Recording>($"/recordings/{Segment(recording)}", cancellation);

    /// <summary>Deletes a recording that is over.</summary>
    public Task DeleteRecordingAsync(string recording, CancellationToken cancellation = default)
        => DeleteAsync<Nothing>($"/recordings/{Segment(recording)}", cancellation);

    /// <summary>Begins or ends recording what a machine shows while it is on.</summary>
    public Task<Machine> RecordScreenAsync(string machine, bool on, CancellationToken cancellation = default)
        => PatchAsync<Machine>($"/machines/{Segment(machine)}", new EditMachineRequest { RecordScreen = on }, cancellation);

    /// <summary>Has a recording made a video, and copies it while it is made.</summary>
    /// <param name="recording">Id.</param>
    /// <param name="format"><c>mp4</c> or <c>webm</c>.</param>
    /// <param name="speed">How much faster than it was, 1 to 64.</param>
    /// <param name="to">Where it is written.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="HttpRequestException">It broke off: what was written is not all.</exception>
    public async Task ExportRecordingAsync(string recording, string format, double speed, Stream to, CancellationToken cancellation = default)
    {
        using var request = Stream(string.Create(CultureInfo.InvariantCulture, $"/recordings/{Segment(recording)}/export?format={Segment(format)}&speed={speed}"), "video/" + format);
        using var answer = await OpenAsync(request, cancellation);
        await answer.Content.CopyToAsync(to, cancellation);
    }
}
