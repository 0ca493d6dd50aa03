using Warren.Hypervisors.Libvirt.Native;

namespace Warren.Hypervisors.Libvirt.Connections;

/// <summary>Tells that a long call is alive.</summary>
internal sealed class Heartbeat(TimeProvider clock)
{
    private long _last = clock.GetTimestamp();

    internal void Beat() => Volatile.Write(ref _last, clock.GetTimestamp());

    internal TimeSpan Silence => clock.GetElapsedTime(Volatile.Read(ref _last));
}

/// <summary>
/// All calls to one host. Each runs on a thread of its own, because libvirt blocks, and for a limited time: a connection that
/// does not answer is abandoned and the next call opens another. A host that hangs thus costs its own calls only.
/// </summary>
internal sealed class HostLine(LibvirtOptions options, TimeProvider clock) : IDisposable
{
    /// <summary>Calls at the same time; a daemon serves 5 of one client by default (max_client_requests in libvirtd.conf).</summary>
    private const int Parallel = 5;

    /// <summary>Changes and long work at the same time: looks must always find a place, or a busy host would seem to be silent.</summary>
    private const int ParallelChanges = 3;

    /// <summary>After this an opening that does not end is left behind and another begun.</summary>
    private static readonly TimeSpan s_openingGivenUp = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _slots = new(Parallel);
    private readonly SemaphoreSlim _changes = new(ParallelChanges);
    private readonly Lock _lock = new();
    private Connection? _current;
    private Task<Connection>? _opening;
    private long _openingSince;
    private volatile bool _silent;

    /// <summary>A look: short.</summary>
    internal Task<T> LookAsync<T>(Func<Connection, T> work, CancellationToken cancellation) =>
        RunAsync((connection, _) => work(connection), options.Limit, cancellation);

    /// <summary>A change: the daemon may have to start or stop QEMU first.</summary>
    internal Task<T> ChangeAsync<T>(Func<Connection, T> work, CancellationToken cancellation) =>
        CallAsync((connection, _) => work(connection), options.ChangeLimit, cancellation);

    /// <summary>A change without a result.</summary>
    internal Task ChangeAsync(Action<Connection> work, CancellationToken cancellation) =>
        ChangeAsync(connection => { work(connection); return 0; }, cancellation);

    /// <summary>
    /// Runs a call. It is not cut short by cancellation, so that nobody tidies up under a change that still happens; work that
    /// takes long looks at the token itself, and beats.
    /// </summary>
    /// <exception cref="HypervisorException">As libvirt's number says; Unreachable after <paramref name="limit"/> without a beat.</exception>
    internal async Task<T> CallAsync<T>(Func<Connection, Heartbeat, T> work, TimeSpan limit, CancellationToken cancellation)
    {
        if (!await _changes.WaitAsync(limit, cancellation)) throw Full(limit);
        try
        {
            return await RunAsync(work, limit, cancellation);
        }
        finally
        {
            _changes.Release();
        }
    }

    private async Task<T> RunAsync<T>(Func<Connection, Heartbeat, T> work, TimeSpan limit, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!await _slots.WaitAsync(limit, cancellation)) throw Full(limit);
        try
        {
            var connection = await ConnectAsync(limit);
            var heart = new Heartbeat(clock);
            var call = OnThread(() => Guarded(connection, heart, work));
            while (true)
            {
                try
                {
                    var result = await call.WaitAsync(limit - heart.Silence > TimeSpan.Zero ? limit - heart.Silence : TimeSpan.FromMilliseconds(1), clock, CancellationToken.None);
                    _silent = false;
                    return result;
                }
                catch (TimeoutException) when (!call.IsCompleted && heart.Silence < limit)
                {
                    // It is still at it.
                }
                catch (TimeoutException) when (!call.IsCompleted)
                {
                    _silent = true;
                    Drop(connection);
                    _ = call.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    throw Silent(limit);
                }
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Gives the connection up.</summary>
    public void Dispose()
    {
        lock (_lock) _current?.Abandon();
        _slots.Dispose();
        _changes.Dispose();
    }

    /// <summary>No place was free. When those who have one wait for a daemon that says nothing, that is the reason.</summary>
    private HypervisorException Full(TimeSpan limit) =>
        _silent ? Silent(limit) : new HypervisorException(HypervisorErrorKind.Busy, "too much is under way on this host; try again");

    private T Guarded<T>(Connection connection, Heartbeat heart, Func<Connection, Heartbeat, T> work)
    {
        try
        {
            return work(connection, heart);
        }
        catch (VirError e)
        {
            var lost = !connection.IsAlive;
            if (lost) Drop(connection);
            throw e.Explain(lost);
        }
    }

    private async Task<Connection> ConnectAsync(TimeSpan limit)
    {
        Task<Connection> opening;
        lock (_lock)
        {
            if (_current is { IsAlive: true } open) return open;
            _current?.Abandon();
            _current = null;
            if (_opening is null || _opening.IsCompleted || clock.GetElapsedTime(_openingSince) > s_openingGivenUp)
            {
                _openingSince = clock.GetTimestamp();
                _opening = OnThread(Open);
            }

            opening = _opening;
        }

        try
        {
            return await opening.WaitAsync(limit, clock, CancellationToken.None);
        }
        catch (TimeoutException) when (!opening.IsCompleted)
        {
            _silent = true;
            _ = opening.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw Silent(limit);
        }
    }

    private Connection Open()
    {
        try
        {
            var connection = Connection.Open(options);
            lock (_lock) _current = connection;
            return connection;
        }
        catch (VirError e)
        {
            // Whatever goes wrong on the way to a daemon, it was not reached; unless it was, and said no.
            throw e.Explain(lost: e.Kind() is not (HypervisorErrorKind.Unsupported or HypervisorErrorKind.Rejected)
                || e.Code is VirError.InternalError or 38 or VirError.OperationFailed);
        }
    }

    private void Drop(Connection connection)
    {
        lock (_lock)
        {
            if (_current == connection) _current = null;
        }

        connection.Abandon();
    }

    private HypervisorException Silent(TimeSpan limit) =>
        new(HypervisorErrorKind.Unreachable, $"libvirt at {options.ShownUri} did not answer within {limit.TotalSeconds:0.#} s");

    private static Task<T> OnThread<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                done.SetResult(work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }) { IsBackground = true, Name = "libvirt call" }.Start();
        return done.Task;
    }
}
