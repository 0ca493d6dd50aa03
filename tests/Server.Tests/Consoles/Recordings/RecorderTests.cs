using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Consoles.Screens;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;
using Warren.Server.Web;

namespace Warren.Server.Tests.Consoles.Recordings;

/// <summary>A recorder at a screen that does what a test tells it to.</summary>
public sealed class RecorderTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("warren-recorder-").FullName;
    private readonly ScriptedScreen _screen = new();
    private readonly ScreenHub _hub;
    private readonly RecordingThreads _threads = new();
    private readonly Recorder.Place _place;

    public RecorderTests()
    {
        _hub = new ScreenHub(_screen.OpenAsync, TimeProvider.System);
        var options = new RecordingOptions { Folder = _folder, ReservedFreeMiB = 0 };
        _place = new(new RecordingFolder(options, new DataFolder(_folder)), _threads, options, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _threads.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_last_picture_of_a_machine_that_goes_off_is_its_own_and_what_follows_is_a_gap()
    {
        var (recorder, running) = await BeginAsync();
        for (var i = 0; i < 20; i++) await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * y * 3 + i * 77)));
        await WrittenAsync(reader => Shows(reader, _screen.Pixels));
        var last = _screen.Pixels;
        _screen.Away = new HypervisorException(HypervisorErrorKind.NotFound, "the machine is off");
        _screen.Hang();
        // The hub dims its own picture for those who look.
        await WrittenAsync(reader => reader.Why is not null);
        recorder.Stop();
        (await running).ShouldBe(RecorderEnd.Finished);
        using var reader = Open();
        reader.Seek(TimeSpan.MaxValue);
        Shows(reader, last).ShouldBeTrue("the last picture, as bright as it was");
        reader.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_machine_that_comes_back_with_another_size_is_gone_on_with()
    {
        var (recorder, running) = await BeginAsync();
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x + y * 1000)));
        await WrittenAsync(reader => Shows(reader, _screen.Pixels));
        var before = _screen.Pixels;
        _screen.Away = new HypervisorException(HypervisorErrorKind.Unreachable, "its host is silent");
        _screen.Hang();
        await WrittenAsync(reader => reader.Why is not null);
        (_screen.Width, _screen.Height, _screen.Away) = (100, 77, null);
        await _screen.GreetAsync();
        await _screen.SendAsync(_screen.Paint(0, 0, 100, 77, (x, y) => (uint)(x * y)));
        await WrittenAsync(reader => Shows(reader, _screen.Pixels));
        recorder.Stop();
        (await running).ShouldBe(RecorderEnd.Finished);
        using var reader = Open();
        reader.Gaps.Count().ShouldBe(1);
        reader.Seek(reader.Gaps.Single().From);
        Shows(reader, before).ShouldBeTrue();
        reader.Seek(reader.Duration);
        (reader.Picture!.Width, reader.Picture.Height, reader.Why).ShouldBe((100, 77, null));
    }

    [Fact]
    public async Task While_all_that_records_is_stuck_viewers_see_every_change()
    {
        var (recorder, running) = await BeginAsync();
        using var stuck = new ManualResetEventSlim();
        var held = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => _threads.RunAsync(() => stuck.Wait(TimeSpan.FromMinutes(2)))).ToList();
        var (near, far) = DuplexLine.Make();
        using var viewer = new TestViewer(far);
        using var end = new CancellationTokenSource();
        var serving = new Viewer(_hub, near, new Visitor("v", "somebody", ViewerRole.View), ViewerRole.View, TimeProvider.System).RunAsync(end.Token);
        await viewer.GreetAsync();
        await viewer.UnderstandAsync(7, 0);
        for (var i = 0; i < 200; i++)
        {
            await _screen.SendAsync(_screen.Paint(i, 0, 8, 200, (x, y) => (uint)(x * y + i)));
            if (i % 10 == 0) await viewer.SeesAsync(() => _screen.Pixels);
        }

        await viewer.SeesAsync(() => _screen.Pixels);
        held.ShouldAllBe(h => !h.IsCompleted, "the recorder was stuck all the time");
        stuck.Set();
        await Task.WhenAll(held);
        // It makes up for what it missed by what the screen shows now.
        await WrittenAsync(reader => Shows(reader, _screen.Pixels));
        recorder.Stop();
        (await running).ShouldBe(RecorderEnd.Finished);
        await end.CancelAsync();
        await Task.WhenAny(serving);
    }

    [Fact]
    public async Task Without_its_lease_it_writes_nothing_more()
    {
        var (recorder, running) = await BeginAsync();
        recorder.LeaseUntil = 0;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (_, _) => 0x123456));
        (await running).ShouldBe(RecorderEnd.Abandoned);
        using var reader = Open();
        reader.Seek(TimeSpan.MaxValue);
        Shows(reader, _screen.Pixels).ShouldBeFalse();
        reader.IsClosed.ShouldBeFalse("it is another's to close");
    }

    private async Task<(Recorder Recorder, Task<RecorderEnd> Running)> BeginAsync()
    {
        var recorder = new Recorder(() => _hub, Path.Combine(_folder, "r"), resume: false, _place) { LeaseUntil = long.MaxValue };
        var running = Task.Run(recorder.RunAsync);
        await _screen.GreetAsync();
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * 3 + y)));
        await Eventually.BecomesAsync(() => Task.FromResult(recorder.Bytes > 0), "something is written");
        return (recorder, running);
    }

    private RecordingReader Open() => RecordingReader.Open(Path.Combine(_folder, "r"));

    private Task WrittenAsync(Func<RecordingReader, bool> holds) => Eventually.BecomesAsync(() =>
    {
        using var reader = Open();
        reader.Seek(TimeSpan.MaxValue);
        return Task.FromResult(holds(reader));
    }, "it is written");

    private static bool Shows(RecordingReader reader, uint[] pixels) => reader.Picture is { } picture && picture.Pixels.SequenceEqual(pixels);
}
