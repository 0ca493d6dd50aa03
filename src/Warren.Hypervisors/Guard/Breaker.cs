namespace Warren.Hypervisors.Guard;

/// <summary>
/// Whether a host is asked at all. It opens after several failures in a row, once the host itself has been asked and was
/// silent too: one machine that does not answer is not a dead host. It closes when a probe succeeds.
/// </summary>
internal sealed class Breaker(string host, Func<CancellationToken, Task> ask, TimeProvider clock) : IDisposable
{
    /// <summary>Failures in a row after which the host itself is asked.</summary>
    internal const int Patience = 3;

    private readonly Lock _gate = new();
    private CancellationTokenSource _cut = new();
    private int _failures;
    private bool _asking;
    private (string Reason, DateTimeOffset Since)? _open;

    /// <summary>Called when it opens, with the reason; and with null when it closes.</summary>
    public Action<string?>? Turned { get; set; }

    /// <summary>Why nothing is asked, or null.</summary>
    public string? OpenReason
    {
        get { lock (_gate) return _open?.Reason; }
    }

    /// <summary>Cancelled when it opens: who waits for that host waits in vain.</summary>
    public CancellationToken Cut
    {
        get { lock (_gate) return _cut.Token; }
    }

    /// <exception cref="HypervisorException">Unreachable, with the reason, at once.</exception>
    public void Demand()
    {
        lock (_gate)
        {
            if (_open is { } open) throw Closed(open.Reason, open.Since);
        }
    }

    /// <summary>The failure of a call that was cut short.</summary>
    public HypervisorException CutShort() => Closed(OpenReason ?? "it stopped answering", clock.GetUtcNow());

    /// <summary>The host has answered, whatever it said.</summary>
    public void Answered()
    {
        lock (_gate) _failures = 0;
    }

    /// <summary>A probe has succeeded: the host is asked again.</summary>
    public void Recovered()
    {
        bool turned;
        lock (_gate)
        {
            turned = _open is not null;
            (_failures, _open) = (0, null);
        }

        if (turned) Turned?.Invoke(null);
    }

    /// <summary>A call was not answered.</summary>
    public void Failed(string reason)
    {
        lock (_gate)
        {
            if (_open is not null || ++_failures < Patience || _asking) return;
            _asking = true;
        }

        _ = VerifyAsync(reason);
    }

    /// <inheritdoc/>
    public void Dispose() => _cut.Dispose();

    private async Task VerifyAsync(string reason)
    {
        var answers = false;
        try
        {
            await ask(CancellationToken.None);
            answers = true;
        }
        catch (HypervisorException e)
        {
            // Refused is an answer, too.
            answers = e.Kind != HypervisorErrorKind.Unreachable;
            reason = e.Message;
        }

        CancellationTokenSource? cut = null;
        lock (_gate)
        {
            _asking = false;
            if (answers) _failures = 0;
            // A probe may have succeeded while the host was being asked.
            else if (_failures >= Patience && _open is null)
            {
                _open = (reason, clock.GetUtcNow());
                (cut, _cut) = (_cut, new CancellationTokenSource());
            }
        }

        if (cut is null) return;
        await cut.CancelAsync();
        Turned?.Invoke(reason);
    }

    private HypervisorException Closed(string reason, DateTimeOffset since) => new(HypervisorErrorKind.Unreachable,
        $"host '{host}' is not asked since {since:HH:mm:ss} UTC, until a probe succeeds: {reason}");
}
