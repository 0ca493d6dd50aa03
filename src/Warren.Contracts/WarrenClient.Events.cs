using System.Globalization;
using System.Runtime.CompilerServices;

namespace Warren.Contracts;

public sealed partial class WarrenClient
{
    /// <summary>
    /// What happens on the server, as it happens, without end. After a broken connection it goes on behind the last event
    /// that was seen, so none is lost and none comes twice.
    /// </summary>
    /// <param name="subject">Only what happens to the thing with this id.</param>
    /// <param name="after">Begin with what happened after the event with this number; with what happens from now on when left out.</param>
    /// <param name="cancellation">Ends the stream.</param>
    public async IAsyncEnumerable<Event> WatchEventsAsync(
        string? subject = null, long? after = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var path = "/events" + (subject is null ? "" : "?subject=" + Uri.EscapeDataString(subject));
        var from = after?.ToString(CultureInfo.InvariantCulture);
        await foreach (var item in KeepReadingAsync<Event>(path, from, static _ => false, cancellation)) yield return item.Data!;
    }
}
