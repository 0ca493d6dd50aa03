using System.Threading.Channels;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>What a viewer may do.</summary>
internal enum ViewerRole
{
    /// <summary>See only; keys, pointer, clipboard and sizes are read and dropped.</summary>
    View,

    /// <summary>See and type.</summary>
    Control,
}

/// <summary>
/// One viewer of a screen: it asks, and is sent what it has not seen. While it does not read, nothing is kept for it but one
/// piece; when it reads again, it gets the picture as it is then.
/// </summary>
internal sealed class Viewer : IWatcher, IViewerMessages
{
    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(30);

    private const int MostBeforeText = 8;

    private readonly ScreenHub _hub;
    private readonly Stream _line;
    private readonly RfbReader _reader;
    private readonly TimeProvider _clock;
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PressedKeys _pressed = new();
    private readonly ViewerState _state;
    private byte[]? _cut;
    private bool _bell;

    public Viewer(ScreenHub hub, Stream line, ViewerRole role, TimeProvider clock)
    {
        (_hub, _line, _clock, Role) = (hub, line, clock, role);
        _reader = new RfbReader(line, 8 * 1024);
        _state = new ViewerState(hub);
    }

    public ViewerRole Role { get; }

    /// <summary>Serves it until it leaves or breaks the protocol.</summary>
    /// <exception cref="IOException">How it ended, where it did not just leave.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
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
            foreach (var key in _pressed.All()) _hub.TrySend(key);
        }
    }

    Profile? IWatcher.Follows(long version) => _state.Follows(version);

    void IWatcher.Changed() => _signal.Writer.TryWrite(true);

    void IWatcher.Cut(byte[] text)
    {
        _cut = text;
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
        _signal.Writer.TryWrite(true);
    }

    void IViewerMessages.Asks(bool incremental, Rect part)
    {
        lock (_hub.Shadow.Gate) _state.Asks(incremental, part);
        _signal.Writer.TryWrite(true);
    }

    ValueTask IViewerMessages.KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation)
    {
        if (Role != ViewerRole.Control) return ValueTask.CompletedTask;
        var place = _hub.HasPlaces ? scanCode : null;
        return _pressed.Note(symbol, place, down) ? _hub.SendAsync(PressedKeys.Message(symbol, place, down), cancellation) : ValueTask.CompletedTask;
    }

    ValueTask IViewerMessages.PointerAsync(byte buttons, int x, int y, CancellationToken cancellation)
    {
        if (Role != ViewerRole.Control || _hub.Shadow.Picture is not { } picture) return ValueTask.CompletedTask;
        _pressed.Point(buttons, x, y);
        return _hub.SendAsync(Messages.Pointer(buttons, Math.Min(x, picture.Width - 1), Math.Min(y, picture.Height - 1)), cancellation);
    }

    ValueTask IViewerMessages.CutAsync(byte[] text, CancellationToken cancellation)
    {
        // Long ones must not pile up before a machine that does not read.
        if (Role == ViewerRole.Control) _hub.TrySend(Messages.CutText(ViewerMessage.CutText, text), MostBeforeText);
        return ValueTask.CompletedTask;
    }

    ValueTask IViewerMessages.WantsSizeAsync(int width, int height, CancellationToken cancellation) =>
        Role == ViewerRole.Control && _hub.Resizable is { } screen && Framebuffer.Fits(width, height)
            ? _hub.SendAsync(Messages.SetDesktopSize(width, height, screen), cancellation)
            : ValueTask.CompletedTask;

    private async Task GreetAsync(CancellationToken cancellation)
    {
        await ViewerGreeting.ReceiveAsync(_reader, _line, cancellation);
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
                await writer.WriteAsync(update, cancellation);
                lock (_hub.Shadow.Gate) _state.Wrote(update);
                await TellAsync(writer, cancellation);
            }
        }
    }

    private Update? Next()
    {
        lock (_hub.Shadow.Gate) return _state.Next();
    }

    private async Task TellAsync(UpdateWriter writer, CancellationToken cancellation)
    {
        if (_bell)
        {
            _bell = false;
            await writer.WriteAsync((byte[])[ScreenMessage.Bell], cancellation);
        }

        if (Interlocked.Exchange(ref _cut, null) is { } text) await writer.WriteAsync(Messages.CutText(ScreenMessage.CutText, text), cancellation);
    }
}
