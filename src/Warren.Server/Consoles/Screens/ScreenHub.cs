using System.Threading.Channels;
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

    /// <summary>Something was copied in the guest.</summary>
    void Cut(byte[] text);

    void Bell();
}

/// <summary>
/// One machine's screen, shared: one connection to the machine while anybody looks, however many do. The machine may go and
/// come back meanwhile; those who look stay, see the last picture dimmed and why, and then go on.
/// </summary>
/// <param name="open">Opens its RFB stream, wherever it is now; null when there is no such machine any more.</param>
/// <param name="clock">Clock.</param>
internal sealed class ScreenHub(Func<CancellationToken, Task<Stream?>> open, TimeProvider clock) : IScreenEvents, IAsyncDisposable
{
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Messages to the machine that may wait before those who send them do.</summary>
    private const int MostWaiting = 256;

    private readonly CancellationTokenSource _ended = new();
    private readonly List<IWatcher> _watchers = [];
    private readonly HashSet<Profile> _waiting = [];
    private TaskCompletionSource _tried = New();
    private TaskCompletionSource _again = New();
    private Channel<byte[]>? _input;
    private Task? _pump;
    private long _leftAt;
    private bool _over;

    /// <summary>How long the machine stays connected when nobody looks: a page that is loaded again finds it so.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(10);

    public Shadow Shadow { get; } = new();

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
            _pump ??= Task.Run(PumpAsync);
        }

        return new Seat(this, watcher);
    }

    /// <summary>Waits until the machine shows its picture.</summary>
    /// <exception cref="HypervisorException">It does not; NotFound: it is off.</exception>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        // A try that is under way may have begun before the machine was switched on; the next one has not.
        for (var tries = 0; tries < 2 && _input is null; tries++)
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
        _input is { } input ? TrySendAsync(input, message, cancellation) : ValueTask.CompletedTask;

    /// <summary>The same, but does not wait for a machine that does not read: then it is not sent.</summary>
    /// <param name="message">The message.</param>
    /// <param name="atMost">Messages that may be waiting already.</param>
    public void TrySend(byte[] message, int atMost = MostWaiting)
    {
        if (_input is { } input && input.Reader.Count < atMost) input.Writer.TryWrite(message);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        Task? pump;
        lock (Shadow.Gate) pump = _pump;
        if (pump is not null) await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    void IScreenEvents.Cut(byte[] text) => Tell(w => w.Cut(text));

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

    private static async ValueTask TrySendAsync(Channel<byte[]> input, byte[] message, CancellationToken cancellation)
    {
        try
        {
            await input.Writer.WriteAsync(message, cancellation);
        }
        catch (ChannelClosedException)
        {
            // The machine has just gone.
        }
    }

    private void Tell(Action<IWatcher> what)
    {
        lock (Shadow.Gate) _watchers.ForEach(what);
    }

    private void Leave(IWatcher watcher)
    {
        lock (Shadow.Gate)
        {
            _watchers.Remove(watcher);
            _leftAt = clock.GetTimestamp();
        }
    }

    private async Task PumpAsync()
    {
        var (pause, forgetting) = (FirstPause, EndWhenForgottenAsync());
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await using var line = await open(_ended.Token);
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
        lock (Shadow.Gate) _tried.TrySetCanceled();
    }

    private async Task EndWhenForgottenAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            await DelayAsync(LongestPause);
            bool forgotten;
            lock (Shadow.Gate) forgotten = _over |= _watchers.Count == 0 && clock.GetElapsedTime(_leftAt) >= Linger;
            if (forgotten) await EndAsync();
        }
    }

    private Task DelayAsync(TimeSpan time) => Task.Delay(time, clock, _ended.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task EndAsync()
    {
        lock (Shadow.Gate) _over = true;
        await _ended.CancelAsync();
    }

    private async Task RunAsync(Stream line, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = new RfbReader(line, 128 * 1024);
        var greeting = await ScreenGreeting.GreetAsync(reader, line, cancellation).WaitAsync(GreetingLimit, clock, cancellation);
        (Name, HasPlaces, Resizable) = (greeting.Name, false, null);
        Shadow.Begin();
        Shadow.Resize(greeting.Width, greeting.Height);
        Shadow.End();
        var input = Channel.CreateBounded<byte[]>(MostWaiting);
        var writing = WriteAsync(line, input.Reader, both.Token);
        try
        {
            await input.Writer.WriteAsync(Messages.SetPixelFormat(PixelFormat.Native), cancellation);
            await input.Writer.WriteAsync(Messages.SetEncodings(ScreenReader.Understood), cancellation);
            await AskAsync(input, incremental: false, cancellation);
            await ReadAsync(new ScreenReader(reader, Shadow, this), input, cancellation);
        }
        finally
        {
            _input = null;
            input.Writer.TryComplete();
            await both.CancelAsync();
            await writing;
        }
    }

    private async Task ReadAsync(ScreenReader reader, Channel<byte[]> input, CancellationToken cancellation)
    {
        while (true)
        {
            // QEMU answers at first with what it understands; that is no picture yet.
            var reading = reader.ReadAsync(cancellation);
            var (updated, painted, resized) = await (_input is null ? reading.WaitAsync(GreetingLimit, clock, cancellation) : reading);
            if (!updated) continue;
            if (_input is null && painted && !resized) Up(input);
            await AskAsync(input, !resized, cancellation);
            Tell(w => w.Changed());
        }
    }

    private ValueTask AskAsync(Channel<byte[]> input, bool incremental, CancellationToken cancellation) =>
        input.Writer.WriteAsync(Messages.UpdateRequest(incremental, Shadow.Picture!.Width, Shadow.Picture.Height), cancellation);

    private static async Task WriteAsync(Stream line, ChannelReader<byte[]> input, CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in input.ReadAllAsync(cancellation)) await line.WriteAsync(message, cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reading side tells.
        }
    }

    private void Up(Channel<byte[]> input)
    {
        (Why, _input) = (null, input);
        Settle();
    }

    private void Down(HypervisorException why)
    {
        var before = Why;
        Why = why;
        Settle();
        if (before is null) Shadow.Dim();
        if (before?.Message != why.Message) Tell(w => w.Changed());
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
