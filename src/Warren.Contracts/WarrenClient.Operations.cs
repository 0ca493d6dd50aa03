using System.Globalization;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>Lists operations, newest first.</summary>
    /// <param name="subject">Only those on the thing with this id.</param>
    /// <param name="ended">Only those that have ended, or only those that have not.</param>
    /// <param name="cancellation">Stops the listing.</param>
    public IAsyncEnumerable<Operation> ListOperationsAsync(string? subject = null, bool? ended = null, CancellationToken cancellation = default)
    {
        var query = new List<string>();
        if (subject is not null) query.Add("subject=" + Uri.EscapeDataString(subject));
        if (ended is { } known) query.Add(known ? "ended=true" : "ended=false");
        return PagesAsync<Operation>("/operations" + (query.Count > 0 ? "?" + string.Join('&', query) : ""), cancellation);
    }

    /// <summary>An operation as it is now.</summary>
    public Task<Operation> GetOperationAsync(string id, CancellationToken cancellation = default)
        => GetAsync<Operation>($"/operations/{Segment(id)}", cancellation);

    /// <summary>Asks for an operation to be cancelled; it ends later, when what it began has been undone.</summary>
    public Task<Operation> CancelOperationAsync(string id, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/operations/{Segment(id)}/cancel", null, cancellation);

    /// <summary>
    /// Waits until an operation has ended, whatever its end. Operations outlive the server's process, so a server that
    /// does not answer is asked again for as long as <see cref="Patience"/> allows.
    /// </summary>
    /// <param name="id">The operation.</param>
    /// <param name="progress">Told of every change that is seen, at most about once a second.</param>
    /// <param name="cancellation">Stops the waiting, not the operation.</param>
    public async Task<Operation> WaitForOperationAsync(string id, IProgress<Operation>? progress = null, CancellationToken cancellation = default)
    {
        // A long poll answers at the end only; who wants to see the way there asks more often.
        var wait = TimeSpan.FromSeconds(progress is null ? 30 : 1);
        var path = $"/operations/{Segment(id)}?wait={wait.TotalSeconds.ToString(CultureInfo.InvariantCulture)}";
        long? silentSince = null;
        Operation? seen = null;
        while (true)
        {
            try
            {
                var operation = await GetAsync<Operation>(path, cancellation, longer: wait);
                silentSince = null;
                if (operation != seen) progress?.Report(operation);
                if (operation.Ended) return operation;
                seen = operation;
            }
            catch (WarrenUnreachableException) when (silentSince is null || _time.GetElapsedTime(silentSince.Value) < Patience)
            {
                silentSince ??= _time.GetTimestamp();
                await Task.Delay(s_pause * 2, _time, cancellation);
            }
        }
    }
}
