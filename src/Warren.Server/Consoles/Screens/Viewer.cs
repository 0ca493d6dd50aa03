using System.Threading.Channels;
using Warren.Contracts;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>
/// One viewer of a screen: it asks, and is sent what it has not seen. While it does not read, nothing is kept for it but one
/// piece; when it reads again, it gets the picture as it is then.
/// </summary>
internal sealed class Viewer : IWatcher, IViewerMessages
{
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(30);

    private readonly ScreenHub _hub;
    private readonly Stream _line;
    private readonly RfbReader _reader;
    private readonly TimeProvider _clock;

    /// <summary>Whoever tells of something new sends it, too, if that is soon done: another thread would first have to be woken.</summary>
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, AllowSynchronousContinuations = true });

    private readonly PressedKeys _pressed = new();
    private readonly ViewerState _state;
    private readonly ScreenRoom.Seat _seat;
    private readonly Func<byte[], CancellationToken, ValueTask>? _tell;
    private readonly ViewerClipboard _clipboard;
    private readonly ViewerFlow _flow;
    private int _sizeAnswer;
    private bool _bell;

    /// <summary>A viewer that has come in.</summary>
    /// <param name="hub">The screen.</param>
    /// <param name="line">The viewer's RFB.</param>
    /// <param name="visitor">Who it is.</param>
    /// <param name="wants">What it wants to do, as far as it may.</param>
    /// <param name="clock">Clock.</param>
    /// <param name="tell">Tells it the room's news, beside the line; null when it does not listen.</param>
    public Viewer(ScreenHub hub, Stream line, Visitor visitor, ViewerRole wants, TimeProvider clock, Func<byte[], CancellationToken, ValueTask>? tell = null)
    {
        (_hub, _line, _clock, _tell) = (hub, line, clock, tell);
        _reader = new RfbReader(line, 8 * 1024);
        _state = new ViewerState(hub);
        _clipboard = new ViewerClipboard(hub.Offer);
        _flow = new ViewerFlow(clock);
        _seat = hub.Room.Enter(visitor, wants, Told, LetGo);
    }

    /// <summary>What it may do at this moment.</summary>
    public ViewerRole Role => _seat.Role;

    /// <summary>What it says about the room.</summary>
    public void Hear(string text) => _seat.Hear(text);

    /// <summary>Called when it has answered to all that it was sent until then.</summary>
    public Action? Greeted { get; init; }

    /// <summary>Serves it until it leaves or breaks the protocol.</summary>
    /// <exception cref="IOException">How it ended, where it did not just leave.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var inRoom = _seat;
        if (Role == ViewerRole.Control) _hub.WantClipboard();
        using var seat = _hub.Join(this) ?? throw new RfbException("the screen has just been closed");
        // One that went off meanwhile shows its last picture.
        if (_hub.Shadow.Picture is null) await _hub.ReadyAsync(cancellation);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await GreetAsync(both.Token).WaitAsync(GreetingLimit, _clock, both.Token);
        var reading = ReadAsync(both.Token);
        var writing = WriteAsync(both.Token);
        try
        {
            await await Task.WhenAny(reading, writing);
        }
        catch (EndOfStreamException)
        {
            // It has left.
        }
        finally
        {
            await both.CancelAsync();
            await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Nobody is there to let them go.
            LetGo();
        }
    }

    Profile? IWatcher.Follows(long version) => _state.Follows(version);

    void IWatcher.Changed() => _signal.Writer.TryWrite(true);

    void IWatcher.Copied(string text)
    {
        // Whoever only looks sees no more than what is on the screen.
        if (Role != ViewerRole.Control) return;
        _clipboard.Copied(text);
        _signal.Writer.TryWrite(true);
    }

    void IWatcher.Bell()
    {
        _bell = true;
        _signal.Writer.TryWrite(true);
    }

    void IViewerMessages.Wants(PixelFormat format)
    {
        lock (_hub.Shadow.Gate) _state.Wants(format);
    }

    void IViewerMessages.Understands(IReadOnlyCollection<int> encodings)
    {
        lock (_hub.Shadow.Gate) _state.Understands(encodings);
        _flow.Understands(encodings);
        _clipboard.Understands(encodings.Contains(Encodings.ExtendedClipboard));
        _signal.Writer.TryWrite(true);
    }

    void IViewerMessages.Asks(bool incremental, Rect part)
    {
        lock (_hub.Shadow.Gate) _state.Asks(incremental, part);
        _signal.Writer.TryWrite(true);
    }

    void IViewerMessages.WantsContinuous(bool on, Rect part)
    {
        _flow.Wants(on, part);
        _signal.Writer.TryWrite(true);
    }

    void IViewerMessages.Fence(uint flags, ReadOnlySpan<byte> payload)
    {
        _flow.Fence(flags, payload);
        _signal.Writer.TryWrite(true);
    }

    async ValueTask IViewerMessages.KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation)
    {
        if (Role != ViewerRole.Control) return;
        var place = _hub.HasPlaces ? scanCode : null;
        if (!_pressed.Note(symbol, place, down)) return;
        await _hub.SendAsync(PressedKeys.Message(symbol, place, down), cancellation);
        LetGoIfOver();
    }

    async ValueTask IViewerMessages.PointerAsync(byte buttons, int x, int y, CancellationToken cancellation)
    {
        if (Role != ViewerRole.Control || _hub.Shadow.Picture is not { } picture) return;
        _pressed.Point(buttons, x, y);
        await _hub.SendAsync(Messages.Pointer(buttons, Math.Min(x, picture.Width - 1), Math.Min(y, picture.Height - 1)), cancellation);
        LetGoIfOver();
    }

    void IViewerMessages.Copied(string text)
    {
        if (Role == ViewerRole.Control) _hub.Offer(text);
    }

    void IViewerMessages.Clipboard(uint flags, byte[] data)
    {
        _clipboard.Hear(flags, data, Role == ViewerRole.Control);
        _signal.Writer.TryWrite(true);
    }

    async ValueTask IViewerMessages.WantsSizeAsync(int width, int height, CancellationToken cancellation)
    {
        var status = Role != ViewerRole.Control || _hub.Resizable is null ? SizeStatus.Prohibited : !Framebuffer.Fits(width, height) ? SizeStatus.Invalid : SizeStatus.PassedOn;
        if (status == SizeStatus.PassedOn) await _hub.SendAsync(Messages.SetDesktopSize(width, height, _hub.Resizable!.Value), cancellation);
        // A viewer asks again only when it has been answered.
        Interlocked.Exchange(ref _sizeAnswer, status);
        _signal.Writer.TryWrite(true);
    }

    private void Told()
    {
        // From another thread: the room is still busy with what it tells of.
        if (_tell is not null) ThreadPool.UnsafeQueueUserWorkItem(static signal => signal.TryWrite(true), _signal.Writer, preferLocal: false);
    }

    private void LetGo()
    {
        foreach (var key in _pressed.All()) _hub.TrySend(key);
    }

    /// <summary>The control was taken away while something was on its way to the machine.</summary>
    private void LetGoIfOver()
    {
        if (Role != ViewerRole.Control) LetGo();
    }

    private async Task GreetAsync(CancellationToken cancellation)
    {
        await ViewerGreeting.ReceiveAsync(_reader, _line, cancellation);
        Greeted?.Invoke();
        byte[] init;
        lock (_hub.Shadow.Gate)
        {
            _state.Begin();
            init = ViewerGreeting.Init(_state.Width, _state.Height, _state.Title);
        }

        await _line.WriteAsync(init, cancellation);
        await _line.FlushAsync(cancellation);
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var messages = new ViewerReader(_reader, this);
        while (true) await messages.ReadAsync(cancellation);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var writer = new UpdateWriter(_line, _hub.Shadow, _clock);
        while (true)
        {
            await _signal.Reader.ReadAsync(cancellation);
            await TellAsync(writer, cancellation);
            while (Next() is { } update)
            {
                // Parts must be encoded first: that keeps nobody.
                if (update.Shared is null) await Task.Yield();
                await writer.WriteAsync(update, cancellation);
                lock (_hub.Shadow.Gate) _state.Wrote(update);
                if (_flow.Wrote(writer.Written) is { } fence) await writer.WriteAsync(fence, cancellation);
                await TellAsync(writer, cancellation);
            }
        }
    }

    private Update? Next()
    {
        var unasked = _flow.Area;
        lock (_hub.Shadow.Gate) return _state.Next(unasked);
    }

    private async Task TellAsync(UpdateWriter writer, CancellationToken cancellation)
    {
        if (_bell)
        {
            _bell = false;
            await writer.WriteAsync((byte[])[ScreenMessage.Bell], cancellation);
        }

        if (Role == ViewerRole.Control) _hub.WantClipboard();
        if (_tell is not null)
            foreach (var news in _seat.TakeNews()) await _tell(news, cancellation);
        if (Interlocked.Exchange(ref _sizeAnswer, 0) is > 0 and var status)
        {
            byte[] answer;
            lock (_hub.Shadow.Gate) answer = Messages.SizeAnswer((byte)status, _state.Width, _state.Height, _hub.Resizable ?? 0);
            await writer.WriteAsync(answer, cancellation);
        }

        foreach (var message in _flow.Take()) await writer.WriteAsync(message, cancellation);
        foreach (var message in _clipboard.Take()) await writer.WriteAsync(message, cancellation);
    }
}
