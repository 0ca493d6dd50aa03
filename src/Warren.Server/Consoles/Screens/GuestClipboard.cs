using System.Text;
using System.Threading.Channels;
using Warren.Hypervisors;

namespace Warren.Server.Consoles.Screens;

/// <summary>The guest's clipboard, joined while its screen is connected.</summary>
/// <param name="open">Joins it, wherever the machine is now; null when its hypervisor shares none.</param>
/// <param name="copied">Called with each text that is copied in the guest.</param>
/// <param name="clock">Clock.</param>
internal sealed class GuestClipboard(Func<CancellationToken, Task<ISharedClipboard?>> open, Action<string> copied, TimeProvider clock)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    /// <summary>Only the last text counts.</summary>
    private readonly Channel<string> _offers = Channel.CreateBounded<string>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly TaskCompletionSource _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Somebody is there to share it; before, it is nobody's, for it is shared with one server at a time.</summary>
    public void Want() => _wanted.TrySetResult();

    /// <summary>Offers a text to the guest, as soon as it can be; one that is too long stays where it was copied.</summary>
    public void Offer(string text)
    {
        if (Encoding.UTF8.GetByteCount(text) <= ISharedClipboard.LongestText) _offers.Writer.TryWrite(text);
    }

    /// <summary>Joins the clipboard, and again when it breaks.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var pause = s_firstPause;
        await _wanted.Task.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await using var shared = await open(cancellation);
                if (shared is null) return;
                await ShareAsync(shared, cancellation);
            }
            catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unsupported)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The screen is told of what is wrong with the machine; a clipboard alone is not worth a word.
            }

            await Task.Delay(pause, clock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    private async Task ShareAsync(ISharedClipboard shared, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] ways = [HearAsync(shared, both.Token), TellAsync(shared, both.Token)];
        await Task.WhenAny(ways);
        await both.CancelAsync();
        await Task.WhenAll(ways);
    }

    private async Task HearAsync(ISharedClipboard shared, CancellationToken cancellation)
    {
        while (true) copied(await shared.NextAsync(cancellation));
    }

    private async Task TellAsync(ISharedClipboard shared, CancellationToken cancellation)
    {
        await foreach (var text in _offers.Reader.ReadAllAsync(cancellation)) await shared.OfferAsync(text, cancellation);
    }
}
