using System.Threading.Channels;
using Warren.Hypervisors;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Consoles.Recordings;

/// <summary>How a recorder has ended.</summary>
internal enum RecorderEnd
{
    /// <summary>As it was told to, and the file is whole.</summary>
    Finished,

    /// <summary>The recording is as long or as large as one may be.</summary>
    Full,

    /// <summary>Something broke; what was written stays.</summary>
    Failed,

    /// <summary>Another server may have it now.</summary>
    Abandoned,
}

/// <summary>
/// Records one machine's screen: a watcher of its hub that is told of changes and looks at them in its own time, at most so many times a second.
/// What costs time is done on the <see cref="RecordingThreads"/>; the hub and its viewers wait for nothing here.
/// </summary>
/// <param name="screen">The machine's screen; asked anew when the one that it gave is over.</param>
/// <param name="path">The file.</param>
/// <param name="resume">Go on with the file that is there.</param>
/// <param name="place">What all recorders share.</param>
#pragma warning disable CA1001 // Its token source has no timer and no handle, and it may be told to stop when it has just ended.
internal sealed class Recorder(Func<ScreenHub> screen, string path, bool resume, Recorder.Place place) : IWatcher
#pragma warning restore CA1001
{
    /// <summary>While nothing changes, the file tells so often that time went on.</summary>
    private static readonly TimeSpan TickEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private Task<bool>? _waiting;
    private RecordingWriter? _writer;
    private ScreenCopy? _copy;
    private string _name = "";
    private CursorShape? _cursor;
    private long _openedAt;
    private TimeSpan _before;
    private bool _dark;
    private RecorderEnd? _end;

    /// <summary>What all recorders share.</summary>
    internal sealed record Place(RecordingFolder Folder, RecordingThreads Threads, RecordingOptions Options, TimeProvider Clock);

    /// <summary>When its lease runs out, by <see cref="TimeProvider.GetTimestamp"/>; not a byte is written after that.</summary>
    public long LeaseUntil { get; set; }

    public TimeSpan Duration => _writer?.Duration ?? default;

    public long Bytes => _writer?.Bytes ?? 0;

    public DateTimeOffset? StartedAt => _writer?.StartedAt;

    public (int Width, int Height) Size { get; private set; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; private set; }

    /// <summary>Ends it; what the screen shows now is still written.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Records until it is stopped or cannot go on.</summary>
    public async Task<RecorderEnd> RunAsync()
    {
        try
        {
            if (resume) await place.Threads.RunAsync(Reopen);
            while (_end is null && !_stop.IsCancellationRequested) await WatchAsync();
            return await place.Threads.RunAsync(Close);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or RfbException)
        {
            Reason = e is FileNotFoundException ? "its file is not in this server's folder" : $"its file could not be written: {e.Message}";
            await place.Threads.RunAsync(TryClose);
            return RecorderEnd.Failed;
        }
        finally
        {
            _writer?.Dispose();
        }
    }

    Profile? IWatcher.Follows(long version) => null;

    void IWatcher.Changed() => _changed.Writer.TryWrite(true);

    void IWatcher.Copied(string text)
    {
        // What is copied in a guest is not on its screen.
    }

    void IWatcher.Bell()
    {
        // A picture makes no sound.
    }

    /// <summary>Looks at one hub until it is over: a screen that nobody else looked at may just have been forgotten.</summary>
    private async Task WatchAsync()
    {
        var hub = screen();
        using var seat = hub.Join(this);
        if (seat is null)
        {
            await Task.Delay(LookAgain, place.Clock, CancellationToken.None);
            return;
        }

        _copy = new ScreenCopy(hub.Shadow);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, hub.Ended);
        try
        {
            while (!await IsReadyAsync(hub, either.Token)) await Task.Delay(LookAgain * 5, place.Clock, either.Token);
            while (_end is null) await LookAsync(hub, either.Token);
        }
        catch (OperationCanceledException)
        {
            // The machine may have shown something since.
            if (_end is null && _writer is not null) await place.Threads.RunAsync(() => Look(hub, last: true));
            if (!_stop.IsCancellationRequested) await Task.Delay(LookAgain * 5, place.Clock, CancellationToken.None);
        }
    }

    private static async Task<bool> IsReadyAsync(ScreenHub hub, CancellationToken cancellation)
    {
        try
        {
            await hub.ReadyAsync(cancellation);
            return true;
        }
        catch (HypervisorException)
        {
            return false;
        }
    }

    private async Task LookAsync(ScreenHub hub, CancellationToken cancellation)
    {
        var began = place.Clock.GetTimestamp();
        var whole = await place.Threads.RunAsync(() => Look(hub, last: false));
        var pause = TimeSpan.FromSeconds(1.0 / place.Options.PicturesPerSecond) - place.Clock.GetElapsedTime(began);
        if (!whole) pause = LookAgain;
        if (pause > TimeSpan.Zero) await Task.Delay(pause, place.Clock, cancellation);
        if (!whole) return;
        try
        {
            // One wait goes on over many pauses: another would take the signal from this one.
            _waiting ??= _changed.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await _waiting.WaitAsync(TickEvery - LookAgain, place.Clock, cancellation);
            _waiting = null;
            _changed.Reader.TryRead(out _);
        }
        catch (TimeoutException)
        {
            // Time to say that nothing has changed.
        }
    }

    /// <returns>Whether a whole picture was seen, or none that could be.</returns>
    private bool Look(ScreenHub hub, bool last)
    {
        if (place.Clock.GetTimestamp() > LeaseUntil)
        {
            _end = RecorderEnd.Abandoned;
            return true;
        }

        if (hub.Why is { } why)
        {
            if (!_dark) _writer?.Gap(why.Message, Now);
            _dark = true;
            return true;
        }

        // A machine that has gone meanwhile leaves a dimmed picture, which is not its own.
        if ((!_copy!.Take() && !last) || hub.Why is not null || _copy.Picture is null) return false;
        Write(hub.Name);
        _copy.Settle();
        return true;
    }

    private void Write(string name)
    {
        if (!place.Folder.HasRoom) throw new IOException(FormattableString.Invariant($"less than {place.Options.ReservedFreeMiB} MiB are free on its disk"));
        _writer ??= Create();
        var (at, picture, cursor) = (Now, _copy!.Picture!, _copy.Cursor);
        var (renamed, pointed) = (name != _name, !ReferenceEquals(cursor, _cursor));
        if (_dark || _copy.IsNew || _writer.WantsKeyframe(at)) _writer.Keyframe(picture, name, cursor, at);
        else if (_copy.Changed.Count > 0 || renamed || pointed) _writer.Update(picture, _copy.Changed, renamed ? name : null, pointed ? cursor : null, at);
        else if (at - _writer.Duration >= TickEvery - LookAgain) _writer.Tick(at);
        (_name, _cursor, _dark, Size) = (name, cursor, false, (picture.Width, picture.Height));
        if (_writer.Duration.TotalHours >= place.Options.MaxHours || _writer.Bytes >= place.Options.MaxFileBytes) _end = RecorderEnd.Full;
    }

    /// <summary>Time since the recording's start; the clock is asked once, and may be set anew afterwards.</summary>
    private TimeSpan Now => _before + place.Clock.GetElapsedTime(_openedAt);

    private RecordingWriter Create()
    {
        _openedAt = place.Clock.GetTimestamp();
        return RecordingWriter.Create(path, place.Clock.GetUtcNow());
    }

    private bool Reopen()
    {
        _writer = RecordingWriter.Reopen(path);
        (_openedAt, _before) = (place.Clock.GetTimestamp(), place.Clock.GetUtcNow() - _writer.StartedAt);
        if (_before < _writer.Duration) _before = _writer.Duration;
        _writer.Gap("the server was away", _writer.Duration);
        _dark = true;
        return true;
    }

    /// <summary>On a full disk there may be room for an index once the record that failed is cut off.</summary>
    private bool TryClose()
    {
        try
        {
            _writer?.Finish(_writer.Duration);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private RecorderEnd Close()
    {
        if (_end == RecorderEnd.Abandoned || place.Clock.GetTimestamp() > LeaseUntil) return RecorderEnd.Abandoned;
        _writer?.Finish(_dark ? _writer.Duration : Now);
        return _end ?? RecorderEnd.Finished;
    }
}
