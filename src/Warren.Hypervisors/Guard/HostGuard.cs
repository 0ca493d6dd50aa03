using System.Net.Sockets;

namespace Warren.Hypervisors.Guard;

/// <summary>
/// Stands between the server and one host's driver, so that a host that hangs, drops the connection or talks rubbish costs
/// nobody else anything: every call has a time limit, few are in flight at once, failures of any sort become
/// <see cref="HypervisorException"/>, and a host that keeps silent is not asked until a probe succeeds.
/// </summary>
public sealed class HostGuard : IAsyncDisposable
{
    /// <summary>How long a driver gets to end a call that its caller has cancelled: it cleans up behind itself.</summary>
    private static readonly TimeSpan CleanUp = TimeSpan.FromSeconds(30);

    /// <summary>How long it gets once its own time is over.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly string _host;
    private readonly IHypervisor _inner;
    private readonly CallLimits _limits;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _slots;
    private readonly Breaker _breaker;
    private readonly CancellationTokenSource _retired = new();
    private int _inFlight;

    /// <summary>Puts a guard around a driver.</summary>
    /// <param name="host">The host's name, for messages.</param>
    /// <param name="inner">The driver.</param>
    /// <param name="limits">How long calls may take.</param>
    /// <param name="atOnce">Calls in flight at once; further ones wait.</param>
    /// <param name="clock">The clock all waiting goes by.</param>
    public HostGuard(string host, IHypervisor inner, CallLimits limits, int atOnce, TimeProvider clock)
    {
        (_host, _inner, _limits, _clock) = (host, inner, limits, clock);
        _slots = new SemaphoreSlim(atOnce);
        _breaker = new Breaker(host, c => CallAsync("List", async t => await inner.ListAsync(t), limits.Of("List", []), counts: false, c), clock);
        Driver = GuardProxy.Around(inner, this);
    }

    /// <summary>The driver behind the guard; its facets are guarded as well.</summary>
    public IHypervisor Driver { get; }

    /// <summary>Why the host is not asked at the moment, or null.</summary>
    public string? OpenReason => _breaker.OpenReason;

    /// <summary>Calls under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Cancelled when the driver is replaced.</summary>
    internal CancellationToken Retired => _retired.Token;

    /// <summary>Called with the reason when the host is not asked any more, and with null when it is asked again.</summary>
    public void OnTurn(Action<string?> turned) => _breaker.Turned = turned;

    /// <summary>Lets calls under way end, then disposes of the driver if it is to be disposed of.</summary>
    /// <param name="atMost">How long calls under way are waited for.</param>
    public async Task RetireAsync(TimeSpan atMost)
    {
        await _retired.CancelAsync();
        var began = _clock.GetTimestamp();
        while (InFlight > 0 && _clock.GetElapsedTime(began) < atMost) await Task.Delay(TimeSpan.FromMilliseconds(50), _clock);
        if (_inner is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
        else if (_inner is IDisposable disposable) disposable.Dispose();
    }

    /// <summary>Ends calls under way and disposes of the driver.</summary>
    public async ValueTask DisposeAsync()
    {
        await RetireAsync(TimeSpan.Zero);
        _breaker.Dispose();
        _slots.Dispose();
        _retired.Dispose();
    }

    internal async Task<T> RunAsync<T>(string call, IReadOnlyList<object?> arguments, Func<CancellationToken, Task<T>> run, CancellationToken cancellation)
    {
        var limit = _limits.Of(call, arguments);
        // The probe is what finds out whether the host is back, so it is never kept from it.
        if (call == "Probe")
        {
            var found = await CallAsync(call, run, limit, counts: true, cancellation);
            _breaker.Recovered();
            return found;
        }

        _breaker.Demand();
        // It takes as long as a guest takes, and one that drops what comes must not hold up the calls of a whole host.
        if (call == "Ports.Open") return await CallAsync(call, run, limit, counts: false, cancellation);
        if (!await _slots.WaitAsync(limit, cancellation))
            throw new HypervisorException(HypervisorErrorKind.Busy, $"host '{_host}' has as many calls under way as it may; {call} waited {Text(limit)} for its turn");
        try
        {
            return await CallAsync(call, run, limit, CountsForHost(call), cancellation);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>A silent agent, clipboard, screen or lease says something of a guest, not of its host.</summary>
    private static bool CountsForHost(string call)
        => !(call.StartsWith("Guest.", StringComparison.Ordinal) || call.StartsWith("Addresses.", StringComparison.Ordinal)
            || call.StartsWith("Clipboard.", StringComparison.Ordinal) || call.StartsWith("Screen.", StringComparison.Ordinal) || call.StartsWith("Serial.", StringComparison.Ordinal));

    private async Task<T> CallAsync<T>(string call, Func<CancellationToken, Task<T>> run, TimeSpan limit, bool counts, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var late = new CancellationTokenSource(limit, _clock);
        var cut = call is "Probe" or "List" ? CancellationToken.None : _breaker.Cut;
        var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token, cut);
        // Taken now: a quick call has ended, and its sources are gone, before the next line is reached.
        var ends = linked.Token;
        Interlocked.Increment(ref _inFlight);
        // On the pool: a driver over a C library may block before its first await.
        var work = Task.Run(() => run(ends), CancellationToken.None);
        _ = work.ContinueWith(ended =>
        {
            Interlocked.Decrement(ref _inFlight);
            _ = ended.Exception;
            linked.Dispose();
            late.Dispose();
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            var result = await EndAsync(work, ends, cancellation);
            if (counts) _breaker.Answered();
            return result;
        }
        catch (HypervisorException e) when (e.Kind != HypervisorErrorKind.Unreachable)
        {
            if (counts) _breaker.Answered();
            throw;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            var told = e as HypervisorException ?? (cut.IsCancellationRequested ? _breaker.CutShort() : Translate(call, e, limit));
            if (counts && !cut.IsCancellationRequested) _breaker.Failed(told.Message);
            if (ReferenceEquals(told, e)) throw;
            throw told;
        }
        catch (Exception e) when (e is not (HypervisorException or OperationCanceledException))
        {
            throw new OperationCanceledException(e.Message, e, cancellation);
        }
    }

    /// <summary>Waits for the call; once it is cancelled only a little longer, and then no more.</summary>
    private async Task<T> EndAsync<T>(Task<T> work, CancellationToken ends, CancellationToken cancellation)
    {
        if (!await EndedAsync(work, Timeout.InfiniteTimeSpan, ends) && !await EndedAsync(work, cancellation.IsCancellationRequested ? CleanUp : Grace, CancellationToken.None))
            throw new OperationCanceledException(ends);
        return await work;
    }

    private async Task<bool> EndedAsync(Task work, TimeSpan atMost, CancellationToken ends)
    {
        try
        {
            await work.WaitAsync(atMost, _clock, ends);
        }
        catch (Exception) when (!work.IsCompleted)
        {
            return false;
        }
        catch (Exception)
        {
            // How it ended is for whoever awaits it.
        }

        return true;
    }

    private HypervisorException Translate(string call, Exception e, TimeSpan limit) => new(HypervisorErrorKind.Unreachable, e switch
    {
        OperationCanceledException => $"host '{_host}' did not answer {call} within {Text(limit)}",
        IOException or SocketException or HttpRequestException or ObjectDisposedException => $"host '{_host}' dropped the connection during {call}: {e.Message}",
        _ => $"host '{_host}' answered {call} with something that cannot be read ({e.GetType().Name}: {e.Message})",
    }, e);

    private static string Text(TimeSpan time) => time.TotalSeconds >= 1 ? $"{time.TotalSeconds:0} s" : $"{time.TotalMilliseconds:0} ms";
}
