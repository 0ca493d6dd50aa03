using System.Threading.Channels;
using Warren.Server.Consoles.Rfb;

namespace Warren.Server.Consoles.Screens;

/// <summary>One connection to a machine's screen, from the greeting until it breaks.</summary>
/// <param name="line">Its RFB.</param>
/// <param name="shadow">The picture that is kept.</param>
/// <param name="events">Told of what else comes.</param>
/// <param name="clock">Clock.</param>
internal sealed class ScreenConnection(Stream line, Shadow shadow, IScreenEvents events, TimeProvider clock)
{
    private static readonly TimeSpan s_greetingLimit = TimeSpan.FromSeconds(20);

    /// <summary>Messages to the machine that may wait before those who send them do.</summary>
    private const int MostWaiting = 256;

    private readonly Channel<byte[]> _input = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, AllowSynchronousContinuations = true });
    private ((bool Incremental, int Width, int Height) Of, byte[] Message) _ask;
    private bool _up;

    /// <summary>Serves it.</summary>
    /// <param name="up">Called when it shows its picture; only from then on is anything sent to it.</param>
    /// <param name="changed">Called after each change.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Action<ScreenConnection> up, Action changed, CancellationToken cancellation)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = new RfbReader(line, 128 * 1024);
        var greeting = await ScreenGreeting.GreetAsync(reader, line, cancellation).WaitAsync(s_greetingLimit, clock, cancellation);
        events.Renamed(greeting.Name);
        shadow.Begin();
        shadow.Resize(greeting.Width, greeting.Height);
        shadow.End();
        var writing = WriteAsync(both.Token);
        try
        {
            await SendAsync(Messages.SetPixelFormat(PixelFormat.Native), cancellation);
            await SendAsync(Messages.SetEncodings(ScreenReader.Understood), cancellation);
            await AskAsync(incremental: false, cancellation);
            await ReadAsync(new ScreenReader(reader, shadow, events), up, changed, cancellation);
        }
        finally
        {
            _input.Writer.TryComplete();
            await both.CancelAsync();
            await writing;
        }
    }

    /// <summary>Messages that wait to be sent.</summary>
    public int Waiting => _input.Reader.Count;

    /// <summary>Sends a message; one to a machine that has just gone is forgotten.</summary>
    public async ValueTask SendAsync(byte[] message, CancellationToken cancellation)
    {
        try
        {
            await _input.Writer.WriteAsync(message, cancellation);
        }
        catch (ChannelClosedException)
        {
            // The machine has just gone.
        }
    }

    /// <summary>The same, but does not wait for a machine that does not read: then it is not sent.</summary>
    public void TrySend(byte[] message) => _input.Writer.TryWrite(message);

    private async Task ReadAsync(ScreenReader reader, Action<ScreenConnection> up, Action changed, CancellationToken cancellation)
    {
        while (true)
        {
            // QEMU answers at first with what it understands; that is no picture yet.
            var reading = reader.ReadAsync(cancellation);
            var (updated, painted, resized) = await (_up ? reading : reading.WaitAsync(s_greetingLimit, clock, cancellation));
            if (!updated) continue;
            if (!_up && painted && !resized)
            {
                _up = true;
                up(this);
            }

            await AskAsync(!resized, cancellation);
            changed();
        }
    }

    private ValueTask AskAsync(bool incremental, CancellationToken cancellation)
    {
        var size = (incremental, shadow.Picture!.Width, shadow.Picture.Height);
        if (_ask.Of != size) _ask = (size, Messages.UpdateRequest(size.incremental, size.Width, size.Height));
        return SendAsync(_ask.Message, cancellation);
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in _input.Reader.ReadAllAsync(cancellation)) await line.WriteAsync(message, cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reading side tells.
        }
    }
}
