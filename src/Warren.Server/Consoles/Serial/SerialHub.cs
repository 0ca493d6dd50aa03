using Warren.Hypervisors;
using Warren.Server.Operations;

namespace Warren.Server.Consoles.Serial;

/// <summary>A serial line that is open.</summary>
/// <param name="Line">The line.</param>
/// <param name="Kept">Its log by places; null where its host has it as a whole only.</param>
internal sealed record OpenLine(Stream Line, IKeptLogs? Kept);

/// <summary>
/// One machine's serial line, shared: one connection to it while anybody is at it, however many are. The terminals do not
/// read the line but the log that is kept of it, each at its own pace, so that none can lose anything, hear it twice, or
/// hold up another; what comes over the line tells them that there is more to be read. Where a host has no log by places,
/// the end of it is kept here, from the line, and <see cref="SerialGap"/> fills in what was written while the line was closed.
/// When the line ends while the machine is still on, it has moved, restarts, or its host lost the connection: the line is
/// opened again where the machine is now, and what is typed meanwhile waits.
/// </summary>
/// <param name="machineId">The machine.</param>
/// <param name="open">Opens its line where it is now; refuses when it is off or gone.</param>
/// <param name="openLog">Opens its whole log.</param>
/// <param name="clock">Clock.</param>
internal sealed class SerialHub(
    string machineId, Func<CancellationToken, Task<OpenLine>> open, Func<CancellationToken, Task<Stream?>> openLog, TimeProvider clock) : IAsyncDisposable
{
    private const int Chunk = 16 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly TaskCompletionSource _ready = New();
    private readonly SemaphoreSlim _typing = new(1);
    private readonly SerialGap _gap = new(clock);
    private readonly SerialMemory _memory = new();
    private TaskCompletionSource _bell = New();
    private TaskCompletionSource _changed = New();
    private volatile Stream? _line;
    private IKeptLogs? _kept;
    private Task? _pump;
    private int _terminals;
    private int _leaves;
    private bool _over;

    /// <summary>How long the line stays open when nobody is at it: a page that is loaded again finds it so.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a machine that is meant to be on may be nowhere before its terminals are let go.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Ends when nothing more comes from this machine, nobody is at it any more, or the server stops.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Why nothing more comes; null while something may.</summary>
    public string? Why { get; private set; }

    /// <summary>Where the log was when the line was opened, if that is known; null before.</summary>
    public long? Beginning { get; private set; }

    /// <summary>Nobody can come any more.</summary>
    public bool IsOver
    {
        get { lock (_gate) return _over; }
    }

    /// <summary>Ends when the guest has written, or when nothing more comes. To be taken before the log is read.</summary>
    public Task Bell => Volatile.Read(ref _bell).Task;

    /// <summary>A terminal comes, until what is returned is disposed of; null when the hub has ended.</summary>
    public IDisposable? Join()
    {
        lock (_gate)
        {
            if (_over) return null;
            _terminals++;
            _pump ??= Task.Run(PumpAsync);
            return new Seat(this);
        }
    }

    /// <summary>Waits until the line is open.</summary>
    /// <exception cref="RefusedException">The machine is gone, off, or its hypervisor has no serial line.</exception>
    /// <exception cref="HypervisorException">Its host does not answer.</exception>
    public Task ReadyAsync(CancellationToken cancellation) => _ready.Task.WaitAsync(cancellation);

    /// <summary>Opens the log for one terminal, which disposes of it.</summary>
    /// <exception cref="HypervisorException">It cannot be read.</exception>
    public async Task<KeptLog> OpenLogAsync(CancellationToken cancellation) => _kept is { } kept ? await kept.OpenAsync(machineId, cancellation) : new SerialMemory.View(_memory);

    /// <summary>Types; while the line is closed that waits for the next. What one terminal sends at once is not mixed with another's.</summary>
    public async Task TypeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _typing.WaitAsync(cancellation);
        try
        {
            while (true)
            {
                var (changed, line) = (Volatile.Read(ref _changed).Task, _line);
                try
                {
                    if (line is not null)
                    {
                        await line.WriteAsync(bytes, cancellation);
                        await line.FlushAsync(cancellation);
                        return;
                    }
                }
                catch (Exception e) when (e is IOException or ObjectDisposedException)
                {
                    // It has just ended, and the reading side will see so.
                }

                await changed.WaitAsync(cancellation);
            }
        }
        finally
        {
            _typing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync("the server is going away");
        Task? pump;
        lock (_gate) pump = _pump;
        if (pump is not null) await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
        _typing.Dispose();
    }

    private async Task PumpAsync()
    {
        var why = "the server failed; connect again";
        try
        {
            why = await CarryAsync(_ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            why = "the server is going away";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whoever waits for it is told; nobody need be.
            if (_ready.TrySetException(e)) _ = _ready.Task.Exception;
        }

        _ready.TrySetCanceled();
        await EndAsync(why);
    }

    /// <returns>Why it is over.</returns>
    private async Task<string> CarryAsync(CancellationToken cancellation)
    {
        var current = await open(cancellation);
        _kept = current.Kept;
        if (_kept is null) await RecallAsync(cancellation);
        while (true)
        {
            await using (current.Line)
            {
                Beginning ??= _kept is null ? _memory.End : -1;
                Become(current.Line);
                _ready.TrySetResult();
                try
                {
                    if (_kept is null) await _gap.FillAsync(current.Line, openLog, HearAsync, cancellation);
                    await ReadAsync(current.Line, cancellation);
                }
                finally
                {
                    Become(null);
                }
            }

            if (await ReopenAsync(cancellation) is not { } next)
            {
                if (_kept is null) await _gap.CatchUpAsync(openLog, HearAsync, cancellation);
                return "the machine is off";
            }

            current = next;
        }
    }

    private async Task ReadAsync(Stream line, CancellationToken cancellation)
    {
        var buffer = new byte[Chunk];
        try
        {
            while (await line.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                if (_kept is null) await HearAsync(buffer.AsMemory(0, read));
                else Ring();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    /// <summary>Takes over the end of the log, before the line is read.</summary>
    private async Task RecallAsync(CancellationToken cancellation)
    {
        try
        {
            await using var log = await openLog(cancellation);
            if (log is not null) await _memory.RecallAsync(log, cancellation);
        }
        catch (Exception e) when (e is HypervisorException or IOException)
        {
            // It begins with what comes.
        }

        _gap.Remember(_memory.Tail(Chunk));
    }

    private Task HearAsync(ReadOnlyMemory<byte> bytes)
    {
        _gap.Remember(bytes.Span);
        _memory.Append(bytes.Span);
        Ring();
        return Task.CompletedTask;
    }

    /// <returns>Null: the machine is off or gone, or was nowhere for too long.</returns>
    private async Task<OpenLine?> ReopenAsync(CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < Patience)
        {
            // First of all: a line that ends as soon as it is opened must not be opened without end.
            await Task.Delay(Pause, clock, cancellation);
            try
            {
                return await open(cancellation);
            }
            catch (RefusedException)
            {
                return null;
            }
            catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
            {
                // On its way, or its host is silent, or the database is; the row tells when it is off.
            }
        }

        return null;
    }

    private void Become(Stream? line)
    {
        _line = line;
        Interlocked.Exchange(ref _changed, New()).SetResult();
        Ring();
    }

    private void Ring() => Interlocked.Exchange(ref _bell, New()).SetResult();

    private async Task EndAsync(string why)
    {
        lock (_gate)
        {
            if (_over && Why is not null) return;
            (_over, Why) = (true, why);
        }

        Ring();
        await _ended.CancelAsync();
    }

    private void Leave()
    {
        int leave;
        lock (_gate)
        {
            if (--_terminals > 0) return;
            leave = ++_leaves;
        }

        _ = ForgetAsync(leave);
    }

    private async Task ForgetAsync(int leave)
    {
        try
        {
            await Task.Delay(Linger, clock, _ended.Token);
            lock (_gate)
            {
                if (_terminals > 0 || _leaves != leave) return;
                _over = true;
            }

            await EndAsync("nobody is at it");
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It has ended.
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Seat(SerialHub hub) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) hub.Leave();
        }
    }
}
