using Warren.Hypervisors;
using Warren.Contracts;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Consoles.Screens;
using Warren.Server.Tests.Hosting;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>One screen and many who look: each sees what the machine shows, pixel for pixel, and none disturbs another.</summary>
public sealed class ScreenHubTests : IAsyncDisposable
{
    private static readonly int[][] s_kinds = [[0], [1, 0], [7, 0], [1, 7, -223], [1, 0, -223, -239, -258, -307, -308]];

    private readonly ScriptedScreen _screen = new();
    private readonly ScreenHub _hub;
    private readonly List<(TestViewer Viewer, Task Serving)> _viewers = [];

    public ScreenHubTests() => _hub = new ScreenHub(_screen.OpenAsync, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        foreach (var (viewer, _) in _viewers) viewer.Dispose();
        await _hub.DisposeAsync();
    }

    [Theory]
    [InlineData("RFB 003.003\n")]
    [InlineData("RFB 003.007\n")]
    [InlineData("RFB 003.008\n")]
    public async Task A_viewer_of_each_version_is_greeted_and_sees_the_picture(string version)
    {
        var greeting = _screen.GreetAsync();
        var joining = JoinAsync(version: version);
        await greeting;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * 7 + y * 1001)));
        var viewer = await joining;
        (viewer.Width, viewer.Height, viewer.Name).ShouldBe((320, 200, "test"));
        await viewer.SeesAsync(() => _screen.Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Whatever_the_machine_paints_moves_and_resizes_every_viewer_ends_with_its_picture(int seed)
    {
        var dice = new Dice(seed == 0 ? Campaign.Seed() : (ulong)seed);
        var greeting = _screen.GreetAsync();
        var first = JoinAsync(s_kinds[0]);
        await greeting;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (_, _) => 0x336699));
        List<TestViewer> viewers = [await first];
        for (var step = 0; step < 120; step++)
        {
            // Somebody new comes in the middle of it, and looks all the time from then on.
            if (step % 25 == 0 && viewers.Count < s_kinds.Length) viewers.Add(await JoinAsync(s_kinds[viewers.Count]));
            await _screen.SendAsync([.. Enumerable.Range(0, 1 + dice.Roll(4)).Select(_ => Something(dice))]);
            if (step % 40 == 39) await _screen.SendAsync(_screen.Resize(1 + dice.Roll(500), 1 + dice.Roll(300)));
            await dice.Pick(viewers).AskAsync();
        }

        await _screen.SendAsync(_screen.Paint(0, 0, _screen.Width, 1, (x, _) => (uint)(x * 3)));
        var able = viewers.Skip(3).ToList();
        foreach (var viewer in able) await viewer.SeesAsync(() => _screen.Pixels);
        able[0].Came.ShouldContainKey(7);
        // Those who cannot follow another size see the part that fits theirs.
        foreach (var viewer in viewers.Take(3)) await viewer.SeesAsync(() => Fitting(viewer));
    }

    [Fact]
    public async Task Who_has_seen_all_is_sent_moves_as_moves()
    {
        var viewer = await BeginAsync([1, 0]);
        for (var i = 0; i < 20 && !viewer.Came.ContainsKey(1); i++)
        {
            await viewer.SeesAsync(() => _screen.Pixels);
            await viewer.AskAsync();
            await _screen.SendAsync(_screen.Move(10, 10, 100, 100, 15, 12));
            await viewer.UpdateAsync();
        }

        viewer.Came.ShouldContainKey(1);
        await viewer.SeesAsync(() => _screen.Pixels);
    }

    [Fact]
    public async Task One_connection_serves_all_and_ends_when_nobody_looks()
    {
        await using var hub = new ScreenHub(_screen.OpenAsync, TimeProvider.System) { Linger = TimeSpan.FromMilliseconds(100) };
        var greeting = _screen.GreetAsync();
        var one = hub.Join(new Nobody())!;
        var two = hub.Join(new Nobody())!;
        await greeting;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (_, _) => 1));
        await hub.ReadyAsync(default);
        _screen.Opened.ShouldBe(1);
        one.Dispose();
        hub.Ended.IsCancellationRequested.ShouldBeFalse("one still looks");
        two.Dispose();
        await Eventually.BecomesAsync(() => Task.FromResult(hub.Ended.IsCancellationRequested), "the hub ends");
        hub.Join(new Nobody()).ShouldBeNull("it begins anew");
    }

    [Fact]
    public async Task A_viewer_that_does_not_read_keeps_nobody_waiting()
    {
        var viewer = await BeginAsync([0]);
        var stalled = await JoinAsync([0]);
        for (var i = 0; i < 50; i++)
        {
            await stalled.AskAsync(incremental: false);
            await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * y + i)));
            await viewer.SeesAsync(() => _screen.Pixels);
        }

        // And when it reads again, it sees what is there now.
        await stalled.SeesAsync(() => _screen.Pixels);
    }

    [Fact]
    public async Task Input_of_who_may_type_reaches_the_machine_and_of_who_may_only_look_does_not()
    {
        await BeginAsync([0]);
        var (looks, types) = (await JoinAsync([0], ViewerRole.View), await JoinAsync([0]));
        await EncodingsAsync();
        byte[][] input = [[4, 1, 0, 0, 0, 0, 0, 97], [5, 1, 0, 3, 0, 4], [6, 0, 0, 0, 0, 0, 0, 2, 104, 105], [4, 0, 0, 0, 0, 0, 0, 97]];
        foreach (var message in input) await looks.WriteAsync(message);
        await looks.SeesAsync(() => _screen.Pixels);
        foreach (var message in input)
        {
            await types.WriteAsync(message);
            (await _screen.Input.Reader.ReadAsync()).ShouldBe(message);
        }

        _screen.Input.Reader.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Keys_that_a_viewer_holds_when_it_goes_are_let_go()
    {
        await BeginAsync([0]);
        var types = await JoinAsync([0]);
        await EncodingsAsync();
        await types.WriteAsync([4, 1, 0, 0, 0, 0, 255, 227]);
        await types.WriteAsync([5, 1, 0, 3, 0, 4]);
        types.Dispose();
        List<byte[]> came = [];
        while (came.Count < 4) came.Add(await _screen.Input.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        came[2].ShouldBe((byte[])[4, 0, 0, 0, 0, 0, 255, 227]);
        came[3].ShouldBe((byte[])[5, 0, 0, 3, 0, 4]);
    }

    [Fact]
    public async Task A_machine_that_goes_and_comes_back_finds_its_viewers_who_were_told_why()
    {
        var viewer = await BeginAsync([0, -223, -307]);
        await viewer.SeesAsync(() => _screen.Pixels);
        _screen.Away = new HypervisorException(HypervisorErrorKind.NotFound, "the machine is off");
        _screen.Hang();
        await viewer.AskAsync();
        await viewer.UpdateAsync();
        await NamedAsync(viewer, "test (the machine is off)");

        viewer.Pixels[5].ShouldBe(_screen.Pixels[5] >> 1 & 0x7f7f7f, "the last picture, dimmed");
        (_screen.Away, _screen.Width, _screen.Height) = (null, 200, 100);
        await _screen.GreetAsync();
        await _screen.SendAsync(_screen.Paint(0, 0, 200, 100, (x, y) => (uint)(x + y)));
        await viewer.SeesAsync(() => _screen.Pixels);
        // The picture may come just before the screen counts as there again.
        await NamedAsync(viewer, "test");
    }

    private static async Task NamedAsync(TestViewer viewer, string name)
    {
        while (viewer.Name != name)
        {
            await viewer.AskAsync();
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task A_text_that_is_copied_in_the_guest_reaches_every_viewer()
    {
        var viewers = new[] { await BeginAsync([0]), await JoinAsync([0]) };
        await _screen.SendRawAsync([3, 0, 0, 0, 0, 0, 0, 5, .. "hello"u8]);
        await _screen.SendAsync(_screen.Paint(0, 0, 9, 9, (_, _) => 77));
        foreach (var viewer in viewers)
        {
            await viewer.SeesAsync(() => _screen.Pixels);
            if (viewer.Texts.Count == 0)
            {
                await viewer.AskAsync(incremental: false);
                await viewer.UpdateAsync();
            }

            viewer.Texts.ShouldBe(["hello"]);
        }
    }

    [Fact]
    public async Task A_screen_is_ready_when_it_was_painted_not_when_it_told_what_it_understands()
    {
        var greeting = _screen.GreetAsync();
        using var seat = _hub.Join(new Nobody());
        var ready = _hub.ReadyAsync(default);
        await greeting;
        await _screen.SendAsync(ScriptedScreen.Head(0, 0, 320, 200, -258));
        await Eventually.BecomesAsync(() => Task.FromResult(_hub.HasPlaces), "the acknowledgement is read");
        ready.IsCompleted.ShouldBeFalse("no pixel has come");
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (_, _) => 5));
        await ready.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_tile_that_is_encoded_in_the_middle_of_a_change_is_not_taken_for_its_end()
    {
        var shadow = new Shadow();
        shadow.Begin();
        shadow.Resize(64, 64);
        shadow.End(new HashSet<Profile>());
        var profile = new Profile(PixelFormat.Native, Encodings.Tight, Copies: false);
        shadow.Begin();
        Paint(shadow, 0, 1);
        var half = shadow.Tiles.Get(shadow.Picture!, 0, shadow.Picture!.All, profile, RectEncoder.For(profile));
        Paint(shadow, 1, 2);
        shadow.End(new HashSet<Profile>());
        var whole = new System.Buffers.ArrayBufferWriter<byte>();
        RectEncoder.For(profile).Write(shadow.Picture!, shadow.Picture!.All, whole);
        shadow.Tiles.Get(shadow.Picture!, 0, shadow.Picture!.All, profile, RectEncoder.For(profile)).ShouldBe(whole.WrittenSpan.ToArray());
        half.ShouldNotBe(whole.WrittenSpan.ToArray());

        static void Paint(Shadow shadow, int row, uint colour)
        {
            shadow.Picture!.Row(0, row, 64).Fill(colour);
            shadow.Wrote(new Rect(0, row, 64, 1));
        }
    }

    private async Task<TestViewer> BeginAsync(int[] understands)
    {
        var greeting = _screen.GreetAsync();
        var joining = JoinAsync(understands);
        await greeting;
        await _screen.SendAsync(_screen.Paint(0, 0, 320, 200, (x, y) => (uint)(x * 3 + y * 777)));
        return await joining;
    }

    private async Task<TestViewer> JoinAsync(int[]? understands = null, ViewerRole role = ViewerRole.Control, string version = "RFB 003.008\n")
    {
        var (near, far) = DuplexLine.Make();
        var viewer = new TestViewer(near);
        _viewers.Add((viewer, new Viewer(_hub, far, new Visitor("v", "somebody", role), role, TimeProvider.System).RunAsync(default)));
        await viewer.GreetAsync(version).WaitAsync(TimeSpan.FromSeconds(30));
        await viewer.UnderstandAsync(understands ?? [0]);
        return viewer;
    }

    private byte[] Something(Dice dice)
    {
        int width = 1 + dice.Roll(_screen.Width), height = 1 + dice.Roll(_screen.Height);
        int x = dice.Roll(_screen.Width - width + 1), y = dice.Roll(_screen.Height - height + 1);
        if (dice.Chance(30)) return _screen.Move(x, y, width, height, dice.Roll(_screen.Width - width + 1), dice.Roll(_screen.Height - height + 1));
        var (colours, salt) = (dice.Pick<uint>([1, 2, 100, 1 << 24]), dice.Roll(1 << 30));
        return _screen.Paint(x, y, width, height, (column, row) => (uint)((long)column * row * 31 + salt) % colours * 0x010307);
    }

    /// <summary>What the hub itself says to the machine at first.</summary>
    private async Task EncodingsAsync()
    {
        while ((await _screen.Input.Reader.ReadAsync())[0] != 2)
        {
            // The pixel format comes before.
        }
    }

    private uint[] Fitting(TestViewer viewer)
    {
        var pixels = (uint[])viewer.Pixels.Clone();
        for (var y = 0; y < Math.Min(viewer.Height, _screen.Height); y++)
        for (var x = 0; x < Math.Min(viewer.Width, _screen.Width); x++)
            pixels[y * viewer.Width + x] = _screen.Pixels[y * _screen.Width + x];
        return pixels;
    }

    private sealed class Nobody : IWatcher
    {
        public Profile? Follows(long version) => null;

        public void Changed()
        {
        }

        public void Copied(string text)
        {
        }

        public void Bell()
        {
        }
    }
}
