using System.Text;
using Warren.Hypervisors;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>Somebody who looks at a screen: a viewer, or a program that wants its picture.</summary>
internal interface IWatcher
{
    /// <summary>What it understands, if it has seen almost all; null when it is far behind or takes no messages.</summary>
    Profile? Follows(long version);

    /// <summary>The picture, the pointer or the name is another. Must return at once.</summary>
    void Changed();

    /// <summary>A text was copied in the guest.</summary>
    void Copied(string text);

    void Bell();
}

/// <summary>
/// One machine's screen, shared: one connection to the machine while anybody looks, however many do. The machine may go and
/// come back meanwhile; those who look stay, see the last picture dimmed and why, and then go on.
/// </summary>
internal sealed class ScreenHub : IScreenEvents, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Messages that may be waiting before one that may be long.</summary>
    private const int MostBeforeText = 8;

    private readonly Func<CancellationToken, Task<Stream?>> _open;
    private readonly TimeProvider _clock;
    private readonly GuestClipboard _clipboard;
    private readonly CancellationTokenSource _ended = new();
    private readonly List<IWatcher> _watchers = [];
    private readonly HashSet<Profile> _waiting = [];
    private IWatcher[]? _told;
    private TaskCompletionSource _tried = New();
    private TaskCompletionSource _again = New();
    private ScreenConnection? _connection;
    private Task _sharing = Task.CompletedTask;
    private Task? _pump;
    private long _leftAt;
    private bool _over;

    /// <summary>A hub for one machine; nothing is opened before somebody joins.</summary>
    /// <param name="open">Opens its RFB stream, wherever it is now; null when there is no such machine any more.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="clipboard">Joins its guest's clipboard; null: there is none to share.</param>
    public ScreenHub(Func<CancellationToken, Task<Stream?>> open, TimeProvider clock, Func<CancellationToken, Task<ISharedClipboard?>>? clipboard = null)
    {
        (_open, _clock, Room) = (open, clock, new ScreenRoom(clock));
        _clipboard = new GuestClipboard(clipboard ?? (_ => Task.FromResult<ISharedClipboard?>(null)), text => Tell(w => w.Copied(text)), clock);
    }

    /// <summary>How long the machine stays connected when nobody looks: a page that is loaded again finds it so.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(10);

    public Shadow Shadow { get; } = new();

    public ScreenRoom Room { get; }

    /// <summary>Why the machine shows nothing now; null while it does.</summary>
    public HypervisorException? Why { get; private set; }

    public string Name { get; private set; } = "";

    /// <summary>Whether keys may be sent by their place on the keyboard.</summary>
    public bool HasPlaces { get; private set; }

    /// <summary>Id of the guest's first screen when it follows a wish for another size.</summary>
    public uint? Resizable { get; private set; }

    /// <summary>Ends when there is no such machine any more, when nobody has looked for a while, or when the server stops.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Nobody can join any more.</summary>
    public bool IsOver
    {
        get { lock (Shadow.Gate) return _over; }
    }

    /// <summary>From now on the watcher is told of changes, until what is returned is disposed of; null when the hub has ended.</summary>
    public IDisposable? Join(IWatcher watcher)
    {
        lock (Shadow.Gate)
        {
            if (_over) return null;
            _watchers.Add(watcher);
            _told = null;
            _pump ??= Task.Run(PumpAsync);
        }

        return new Seat(this, watcher);
    }

    /// <summary>Waits until the machine shows its picture.</summary>
    /// <exception cref="HypervisorException">It does not; NotFound: it is off.</exception>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        // A try that is under way may have begun before the machine was switched on; the next one has not.
        for (var tries = 0; tries < 2 && _connection is null; tries++)
        {
            Task tried;
            lock (Shadow.Gate) (tried, _) = (_tried.Task, _again.TrySetResult());
            try
            {
                await tried.WaitAsync(cancellation);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new HypervisorException(HypervisorErrorKind.NotFound, "the machine is gone");
            }
        }

        if (Why is { } why) throw why;
    }

    /// <summary>Sends a message to the machine; while it shows nothing, it is forgotten.</summary>
    public ValueTask SendAsync(byte[] message, CancellationToken cancellation) =>
        _connection?.SendAsync(message, cancellation) ?? ValueTask.CompletedTask;

    /// <summary>The same, but does not wait for a machine that does not read: then it is not sent.</summary>
    public void TrySend(byte[] message) => _connection?.TrySend(message);

    /// <summary>Somebody shares the guest's clipboard: it is joined from now on.</summary>
    public void WantClipboard() => _clipboard.Want();

    /// <summary>Offers a text that was copied elsewhere to the guest: by its agent where it has one, and else in the way of the screen, which few follow.</summary>
    public void Offer(string text)
    {
        _clipboard.Offer(text);
        // Long ones must not pile up before a machine that does not read.
        if (_connection is { } connection && connection.Waiting < MostBeforeText) connection.TrySend(Messages.CutText(ViewerMessage.CutText, Encoding.Latin1.GetBytes(text)));
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Task? pump;
        lock (Shadow.Gate) pump = _pump;
        if (pump is not null) await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    void IScreenEvents.Copied(string text) => Tell(w => w.Copied(text));

    void IScreenEvents.Bell() => Tell(w => w.Bell());

    void IScreenEvents.Renamed(string name) => Name = name;

    void IScreenEvents.TakesPlaces() => HasPlaces = true;

    void IScreenEvents.TakesSizes(uint screen) => Resizable = screen;

    IReadOnlySet<Profile> IScreenEvents.Waiting()
    {
        lock (Shadow.Gate)
        {
            _waiting.Clear();
            foreach (var watcher in _watchers)
            {
                if (watcher.Follows(Shadow.Version) is { } profile) _waiting.Add(profile);
            }

            return _waiting;
        }
    }

    private void Tell(Action<IWatcher> what)
    {
        // Outside of the gate: a viewer that is told may send at once.
        IWatcher[] all;
        lock (Shadow.Gate) all = _told ??= [.. _watchers];
        foreach (var watcher in all) what(watcher);
    }

    private void Leave(IWatcher watcher)
    {
        lock (Shadow.Gate)
        {
            _watchers.Remove(watcher);
            _told = null;
            _leftAt = _clock.GetTimestamp();
        }
    }

    private async Task PumpAsync()
    {
        var (pause, forgetting) = (FirstPause, EndWhenForgottenAsync());
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await using var line = await _open(_ended.Token);
                if (line is null) await EndAsync();
                else await RunAsync(line, _ended.Token);
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                // Nobody looks any more.
            }
            catch (HypervisorException e)
            {
                Down(e);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // Whatever it was, the database's trouble too: those who look are told, and it is tried again.
                if (Why is null) pause = FirstPause;
                Down(new(HypervisorErrorKind.Unreachable, e is RfbException ? e.Message : "the connection to the screen broke", e));
            }

            await Task.WhenAny(DelayAsync(pause), _again.Task);
            lock (Shadow.Gate) _again = New();
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        await forgetting;
        await _sharing;
        lock (Shadow.Gate) _tried.TrySetCanceled();
    }

    private async Task EndWhenForgottenAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            await DelayAsync(LongestPause);
            bool forgotten;
            lock (Shadow.Gate) forgotten = _over |= _watchers.Count == 0 && _clock.GetElapsedTime(_leftAt) >= Linger;
            if (forgotten) await EndAsync();
        }
    }

    private Task DelayAsync(TimeSpan time) => Task.Delay(time, _clock, _ended.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task EndAsync()
    {
        lock (Shadow.Gate) _over = true;
        await _ended.CancelAsync();
    }

    private async Task RunAsync(Stream line, CancellationToken cancellation)
    {
        (HasPlaces, Resizable) = (false, null);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Not waited for when the line breaks: a host that is silent would keep those who look from hearing so.
        _sharing = ShareAsync(_sharing, both.Token);
        try
        {
            await new ScreenConnection(line, Shadow, this, _clock).RunAsync(Up, () => Tell(static w => w.Changed()), cancellation);
        }
        finally
        {
            _connection = null;
            await both.CancelAsync();
        }
    }

    private async Task ShareAsync(Task before, CancellationToken cancellation)
    {
        await before;
        await _clipboard.RunAsync(cancellation);
    }

    private void Up(ScreenConnection connection)
    {
        (Why, _connection) = (null, connection);
        Settle();
    }

    private void Down(HypervisorException why)
    {
        var before = Why;
        Why = why;
        Settle();
        if (before is null) Shadow.Dim();
        if (before?.Message != why.Message) Tell(static w => w.Changed());
    }

    private void Settle()
    {
        lock (Shadow.Gate)
        {
            _tried.TrySetResult();
            _tried = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Seat(ScreenHub hub, IWatcher watcher) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0) hub.Leave(watcher);
        }
    }
}
