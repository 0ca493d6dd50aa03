using System.Text.Json;
using System.Threading.Channels;
using Warren.Contracts;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles.Recordings;

/// <summary>
/// Plays a recording to one viewer, which takes it for a machine's screen: RFB in binary messages. A client that takes texts is told where it
/// is (<see cref="PlayerState"/>) and may say where to go (<see cref="PlayerCommand"/>). What a viewer types is read and dropped.
/// </summary>
internal sealed class Player(RecordingReader recording, ScreenSocket line, TimeProvider clock) : IViewerMessages
{
    public const double SlowestSpeed = 0.25, FastestSpeed = 64;

    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TellEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(30);

    /// <summary>So much of a gap is shown; then it is passed.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly PlayerView _view = new(recording);
    private Task<bool>? _waiting;
    private PlayerCommand? _command;
    private TimeSpan _from;
    private long _since;
    private double _speed = 1;
    private bool _paused;

    /// <summary>Where it begins.</summary>
    public TimeSpan At { get; init; }

    /// <summary>How fast it begins.</summary>
    public double Speed
    {
        get => _speed;
        init => _speed = value;
    }

    public bool Paused
    {
        get => _paused;
        init => _paused = value;
    }

    /// <summary>A text of the viewer.</summary>
    /// <exception cref="RfbException">It is no command.</exception>
    public void Hear(string text)
    {
        try
        {
            var command = JsonSerializer.Deserialize<PlayerCommand>(text, WarrenJson.Options) ?? new();
            if (command.Speed is < SlowestSpeed or > FastestSpeed or double.NaN) throw new JsonException($"speed: {SlowestSpeed} to {FastestSpeed}");
            if (command.At is < 0 or > int.MaxValue or double.NaN) throw new JsonException("at: seconds from the start");
            // Somebody drags the bar: only the last place counts.
            lock (_gate) _command = new() { At = command.At ?? _command?.At, Speed = command.Speed ?? _command?.Speed, Paused = command.Paused ?? _command?.Paused };
        }
        catch (JsonException e)
        {
            throw new RfbException($"a text that is no command: {e.Message}");
        }

        _signal.Writer.TryWrite(true);
    }

    /// <summary>Plays until the viewer leaves.</summary>
    /// <exception cref="RfbException">It broke the protocol.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var reader = new RfbReader(line, 8 * 1024);
        recording.Seek(At);
        _from = recording.Position;
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await GreetAsync(reader, both.Token).WaitAsync(GreetingLimit, clock, both.Token);
        var reading = ReadAsync(reader, both.Token);
        var playing = PlayAsync(both.Token);
        try
        {
            await await Task.WhenAny(reading, playing);
        }
        catch (EndOfStreamException)
        {
            // It has left.
        }
        finally
        {
            await both.CancelAsync();
            await Task.WhenAll(reading, playing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    void IViewerMessages.Wants(PixelFormat format) => Note(() => _view.Wants(format));

    void IViewerMessages.Understands(IReadOnlyCollection<int> encodings) => Note(() => _view.Understands(encodings));

    void IViewerMessages.Asks(bool incremental, Rect part) => Note(() => _view.Asks(incremental, part));

    ValueTask IViewerMessages.KeyAsync(uint symbol, uint? scanCode, bool down, CancellationToken cancellation) => ValueTask.CompletedTask;

    ValueTask IViewerMessages.PointerAsync(byte buttons, int x, int y, CancellationToken cancellation) => ValueTask.CompletedTask;

    void IViewerMessages.Copied(string text)
    {
        // Nobody is there who could take it.
    }

    void IViewerMessages.Clipboard(uint flags, byte[] data)
    {
        // Nor this.
    }

    ValueTask IViewerMessages.WantsSizeAsync(int width, int height, CancellationToken cancellation) => ValueTask.CompletedTask;

    private void Note(Action what)
    {
        lock (_gate) what();
        _signal.Writer.TryWrite(true);
    }

    private async Task GreetAsync(RfbReader reader, CancellationToken cancellation)
    {
        await ViewerGreeting.ReceiveAsync(reader, line, cancellation);
        await line.WriteAsync(_view.Begin(), cancellation);
    }

    private async Task ReadAsync(RfbReader reader, CancellationToken cancellation)
    {
        var messages = new ViewerReader(reader, this);
        while (true) await messages.ReadAsync(cancellation);
    }

    private async Task PlayAsync(CancellationToken cancellation)
    {
        var writer = new UpdateWriter(line, new Shadow(), clock);
        PlayerState? told = null;
        var toldAt = 0L;
        _since = clock.GetTimestamp();
        while (true)
        {
            var commanded = Obey();
            Move();
            while (Next() is { } update) await writer.WriteAsync(update, cancellation);
            var state = State();
            if (commanded || told is null || state with { At = told.At } != told || (state != told && clock.GetElapsedTime(toldAt) >= TellEvery))
            {
                (told, toldAt) = (state, clock.GetTimestamp());
                await line.TellAsync(JsonSerializer.SerializeToUtf8Bytes(state, WarrenJson.Options), cancellation);
            }

            await RestAsync(cancellation);
        }
    }

    /// <returns>Whether there was a command.</returns>
    private bool Obey()
    {
        PlayerCommand? command;
        lock (_gate) (command, _command) = (_command, null);
        if (command is null) return false;
        (_from, _since) = (command.At is { } at ? TimeSpan.FromSeconds(at) : Place(), clock.GetTimestamp());
        (_speed, _paused) = (command.Speed ?? _speed, command.Paused ?? _paused);
        return true;
    }

    private TimeSpan Place() => _paused ? _from : _from + clock.GetElapsedTime(_since) * _speed;

    /// <summary>Goes where the time is. At the end it stands still; played again from there, it begins anew.</summary>
    private void Move()
    {
        var place = Place();
        if (!recording.IsClosed && place >= recording.Duration) recording.Refresh();
        foreach (var (from, to) in recording.Gaps)
            if (!_paused && place - from > LongestGap && place < to && to > from) Anchor(place = to);
        recording.Seek(place);
        if (place <= recording.Duration) return;
        Anchor(recording.Duration);
        if (recording.IsClosed) _paused = true;
    }

    private void Anchor(TimeSpan place) => (_from, _since) = (place, clock.GetTimestamp());

    private Update? Next()
    {
        lock (_gate) return _view.Next();
    }

    private PlayerState State() => new()
    {
        At = Math.Round(recording.Position.TotalSeconds, 3),
        Duration = Math.Round(recording.Duration.TotalSeconds, 3),
        Speed = _speed,
        Paused = _paused,
        Live = !recording.IsClosed,
        Why = recording.Why,
    };

    /// <summary>Until there is more to show, to tell or to obey.</summary>
    private async Task RestAsync(CancellationToken cancellation)
    {
        var pause = _paused ? Timeout.InfiniteTimeSpan : TellEvery;
        if (!_paused && recording.NextAt is { } next && (next - Place()) / _speed is var due && due < pause) pause = due > ShortestPause ? due : ShortestPause;
        try
        {
            // One wait goes on over many pauses: another would take the signal from this one.
            _waiting ??= _signal.Reader.WaitToReadAsync(cancellation).AsTask();
            await _waiting.WaitAsync(pause, clock, cancellation);
            _waiting = null;
            _signal.Reader.TryRead(out _);
        }
        catch (TimeoutException)
        {
            // It is time.
        }
    }
}
