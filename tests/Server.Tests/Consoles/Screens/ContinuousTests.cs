using System.Buffers.Binary;
using Warren.Contracts;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>Updates that come without being asked for, no further ahead of a viewer than it can take (rfbproto, ContinuousUpdates and Fence).</summary>
public sealed class ContinuousTests : IAsyncDisposable
{
    private readonly ScriptedScreen _screen = new();
    private readonly ScreenHub _hub;
    private readonly List<TestViewer> _viewers = [];

    public ContinuousTests() => _hub = new ScreenHub(_screen.OpenAsync, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        foreach (var viewer in _viewers) viewer.Dispose();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task A_viewer_that_wants_them_sees_all_that_is_painted_moved_and_resized_without_asking(int encoding)
    {
        var viewer = await JoinAsync(answers: true, encoding, 1, -223, -312, -313);
        viewer.Ends.ShouldBe(1, "they were offered");
        viewer.Fences.ShouldHaveSingleItem().ShouldSatisfyAllConditions(f => f.Flags.ShouldBe(1u << 31), f => f.Payload.ShouldBeEmpty());
        await viewer.WantAsync();
        for (var i = 0; i < 60; i++)
        {
            await _screen.SendAsync(i % 7 == 3 ? _screen.Move(10, 10, 100, 100, 15, 12) : _screen.Paint(i * 3, i, 100, 90, (x, y) => (uint)((x * 31 * i) ^ y)));
            if (i % 20 == 19) await SeesAsync(viewer);
        }

        await _screen.SendAsync(_screen.Resize(400, 300), _screen.Paint(0, 0, 400, 300, (x, y) => (uint)(x + y * 400)));
        while (viewer.Width != 400) await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await viewer.WantAsync();
        await SeesAsync(viewer);

        await viewer.WantAsync(on: false);
        await _screen.SendAsync(_screen.Paint(0, 0, 9, 9, (_, _) => 1));
        while (viewer.Ends < 2) await NextAsync(viewer);
        await _screen.SendAsync(_screen.Paint(0, 0, 9, 9, (_, _) => 2));
        // From here on it asks again.
        await viewer.SeesAsync(() => _screen.Pixels);
    }

    [Fact]
    public async Task Who_answers_no_fence_is_sent_no_more_than_the_window_and_then_what_the_screen_shows_then()
    {
        var viewer = await JoinAsync(answers: false, 0, -312, -313);
        await viewer.WantAsync();
        // Each is 250 KiB: two fill the first window.
        var updates = 0;
        for (; updates < 2; updates++)
        {
            await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)((x * y) + updates)));
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        while (_screen.Asked.Reader.TryRead(out _))
        {
            // Those that were answered.
        }

        var more = viewer.UpdateAsync();
        for (var i = 0; i < 10; i++)
        {
            await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)((x * y) + (7 * i))));
            await _screen.Asked.Reader.ReadAsync();
        }

        more.IsCompleted.ShouldBeFalse("enough is under way");
        updates = 0;
        for (var answered = 0; !viewer.Pixels.AsSpan().SequenceEqual(_screen.Pixels);)
        {
            while (answered < viewer.Fences.Count) await viewer.AnswerAsync(answered++);
            await more.WaitAsync(TimeSpan.FromSeconds(30));
            updates++;
            if (!viewer.Pixels.AsSpan().SequenceEqual(_screen.Pixels)) more = viewer.UpdateAsync();
        }

        updates.ShouldBeLessThan(4, "what the screen shows then, and not all that it has shown");
    }

    [Fact]
    public async Task A_viewers_own_fence_is_answered_once_what_came_before_it_is_obeyed()
    {
        var viewer = await JoinAsync(answers: true, 0, -312, -313);
        await viewer.WantAsync();
        await viewer.WriteAsync([248, 0, 0, 0, 0x80, 0, 0, 7, 3, 1, 2, 3]);
        while (viewer.Fences.All(f => f.Flags >> 31 != 0))
        {
            await _screen.SendAsync(_screen.Paint(0, 0, 2, 2, (_, _) => (uint)viewer.Fences.Count + 5));
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }

        var answer = viewer.Fences.Single(f => f.Flags >> 31 == 0);
        (answer.Flags, Convert.ToHexString(answer.Payload)).ShouldBe((3u, "010203"), "BlockBefore and BlockAfter, and not what is not known");
    }

    [Theory]
    [InlineData(new[] { 0, -313 })]
    [InlineData(new[] { 0, -312 })]
    public async Task Who_knows_only_one_of_both_is_offered_neither_and_let_go_when_it_wants_them(int[] encodings)
    {
        var viewer = await JoinAsync(answers: true, encodings);
        (viewer.Ends, viewer.Fences.Count).ShouldBe((0, 0));
        await viewer.WantAsync();
        await Should.ThrowAsync<EndOfStreamException>(async () =>
        {
            while (true)
            {
                await viewer.AskAsync(incremental: false);
                await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
            }
        });
    }

    [Fact]
    public void The_window_grows_while_answers_come_soon_and_shrinks_when_they_come_late()
    {
        var clock = new StopWatch();
        var flow = new ViewerFlow(clock);
        flow.Understands([Encodings.Fence, Encodings.ContinuousUpdates]);
        flow.Wants(on: true, new(0, 0, 10, 10));
        var (total, first) = (0L, flow.Window);
        for (var i = 0; i < 100; i++) total = Fill(flow, total, clock, TimeSpan.FromMilliseconds(20));
        flow.Window.ShouldBe(8 << 20, "as far away as that, and all of it is taken at once");
        for (var i = 0; i < 3; i++) total = Fill(flow, total, clock, TimeSpan.FromMilliseconds(400));
        flow.Window.ShouldBeLessThan(2 << 20);
        for (var i = 0; i < 20; i++) total = Fill(flow, total, clock, TimeSpan.FromMilliseconds(400));
        flow.Window.ShouldBe(64 * 1024);
        // What little is sent says nothing of how much could be.
        for (var i = 0; i < 100; i++)
        {
            flow.Wrote(total += 100);
            clock.Now += TimeSpan.FromMilliseconds(1);
        }

        flow.Window.ShouldBe(64 * 1024);
        for (var i = 0; i < 100; i++) total = Fill(flow, total, clock, TimeSpan.FromMilliseconds(20));
        flow.Window.ShouldBeGreaterThan(first);
    }

    [Fact]
    public void Nothing_that_a_viewer_repeats_while_it_does_not_read_piles_up()
    {
        var flow = new ViewerFlow(TimeProvider.System);
        for (var i = 0; i < 1000; i++)
        {
            flow.Understands([Encodings.Fence, Encodings.ContinuousUpdates]);
            flow.Fence(1u << 31, [1, 2, 3]);
            flow.Wants(on: true, new(0, 0, 10, 10));
            flow.Wants(on: false, default);
            flow.Understands([]);
        }

        flow.Take().Count.ShouldBeLessThan(20);
        flow.Take().ShouldBeEmpty();
    }

    /// <summary>Sends all that may be sent, and answers each fence after a while.</summary>
    private static long Fill(ViewerFlow flow, long total, StopWatch clock, TimeSpan after)
    {
        var fences = new Queue<byte[]>();
        while (flow.Area is not null)
            if (flow.Wrote(total += 8 * 1024) is { } fence) fences.Enqueue(fence);
        clock.Now += after;
        foreach (var fence in fences)
        {
            fence.Length.ShouldBe(17);
            BinaryPrimitives.ReadUInt32BigEndian(fence.AsSpan(4)).ShouldBe(0x80000001);
            flow.Fence(1, fence.AsSpan(9));
        }

        return total;
    }

    private async Task<TestViewer> JoinAsync(bool answers, params int[] encodings)
    {
        var (near, far) = DuplexLine.Make();
        var viewer = new TestViewer(near) { AnswersFences = answers };
        _viewers.Add(viewer);
        var greeting = _screen.GreetAsync();
        _ = new Viewer(_hub, far, new Visitor("v", "somebody", ViewerRole.Control), ViewerRole.Control, TimeProvider.System).RunAsync(default).ContinueWith(_ => far.Dispose(), TaskScheduler.Default);
        await greeting;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, _) => (uint)x));
        await viewer.GreetAsync();
        await viewer.UnderstandAsync(encodings);
        await viewer.SeesAsync(() => _screen.Pixels);
        return viewer;
    }

    /// <summary>Reads, without asking, until the picture is the machine's.</summary>
    private async Task SeesAsync(TestViewer viewer)
    {
        while (!viewer.Pixels.AsSpan().SequenceEqual(_screen.Pixels)) await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Reads up to the next update, which is asked for: messages come between.</summary>
    private async Task NextAsync(TestViewer viewer)
    {
        await viewer.AskAsync(incremental: false);
        await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private sealed class StopWatch : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
