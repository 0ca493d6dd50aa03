using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using Warren.Contracts;
using Warren.Server.Consoles;
using Warren.Server.Consoles.Recordings;
using Warren.Server.Consoles.Rfb;
using Warren.Server.Database;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;
using Warren.Soak.Tests;

namespace Warren.Server.Tests.Consoles.Recordings;

/// <summary>A recording over the real API, to a viewer that knows RFB only and to one that also takes texts.</summary>
public sealed class PlayerTests : IAsyncLifetime
{
    private const int Seconds = 20;

    private readonly List<(double At, Frame Frame)> _frames = [];
    private TestServer _server = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _id = await MakeAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_viewer_that_knows_nothing_of_players_sees_it_to_its_end()
    {
        await using var line = await OpenAsync("?speed=16", talks: false);
        using var viewer = await GreetAsync(line);
        viewer.Name.ShouldBe("painted");
        await viewer.SeesAsync(() => _frames[^1].Frame.Pixels);
        (viewer.Width, viewer.Height).ShouldBe((_frames[^1].Frame.Width, _frames[^1].Frame.Height));
        // Whatever it types is read and dropped.
        await viewer.WriteAsync([4, 1, 0, 0, 0, 0, 0, 97, 5, 1, 0, 1, 0, 1, 6, 0, 0, 0, 0, 0, 0, 1, 65]);
        await viewer.AskAsync(incremental: false);
        await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        line.Texts.ShouldBeEmpty("it did not ask for texts");
    }

    [Fact]
    public async Task One_that_says_where_to_go_lands_on_the_picture_of_that_time()
    {
        await using var line = await OpenAsync("?paused=true&at=5", talks: true);
        using var viewer = await GreetAsync(line);
        var dice = new Dice(Campaign.Seed());
        await ShowsAsync(line, viewer, 5);
        for (var i = 0; i < 25; i++)
        {
            var at = dice.Roll(Seconds * 1000) / 1000.0;
            await line.SayAsync(new PlayerCommand { At = at });
            await ShowsAsync(line, viewer, at);
        }

        line.Texts.ShouldAllBe(s => s.Paused && !s.Live && s.Duration >= Seconds - 1);
    }

    [Fact]
    public async Task It_plays_as_fast_as_it_is_told_stands_still_at_the_end_and_can_be_played_anew()
    {
        await using var line = await OpenAsync("?paused=true", talks: true);
        using var viewer = await GreetAsync(line);
        await line.UntilAsync(s => s is { Paused: true, At: 0 });
        var watch = Stopwatch.StartNew();
        await line.SayAsync(new PlayerCommand { Paused = false, Speed = 8 });
        var end = await line.UntilAsync(s => s.Paused && s.At > Seconds - 1);
        watch.Elapsed.TotalSeconds.ShouldBeGreaterThan((Seconds - 1) / 8.0 - 0.2, "not faster than it was told");
        (end.At, end.Speed).ShouldBe((end.Duration, 8));
        line.Texts.Count(s => !s.Paused).ShouldBeGreaterThan(3, "it told where it was");
        await viewer.SeesAsync(() => _frames[^1].Frame.Pixels);
        await line.SayAsync(new PlayerCommand { At = 0, Paused = false });
        await line.UntilAsync(s => s is { Paused: false, At: < 2 });
        await line.SayAsync(new PlayerCommand { Paused = true });
        var stood = await line.UntilAsync(s => s.Paused && s.At < Seconds - 1);
        await ShowsAsync(line, viewer, stood.At);
    }

    [Theory]
    [InlineData("?at=-1", "at")]
    [InlineData("?speed=0", "speed")]
    [InlineData("?speed=NaN", "speed")]
    public async Task A_wish_that_breaks_a_rule_is_named(string query, string field)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", "Bearer " + _server.Token);
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(Address(query), CancellationToken.None));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.BadRequest, field);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("{\"speed\":1000}")]
    [InlineData("{\"at\":-3}")]
    public async Task A_text_that_is_no_command_ends_it_and_says_why(string text)
    {
        await using var line = await OpenAsync("", talks: true);
        using var viewer = await GreetAsync(line);
        await line.SayAsync(text);
        await viewer.AskAsync();
        (await line.ClosedAsync()).ShouldStartWith("a text that is no command");
    }

    [Fact]
    public async Task A_video_has_the_pictures_and_its_end_is_the_end()
    {
        using var probe = await _server.Client.GetAsync($"recordings/{_id}/export?format=mp4&to=1");
        if (probe.StatusCode == HttpStatusCode.UnprocessableEntity) Assert.Skip("ffmpeg is not installed: " + await probe.Content.ReadAsStringAsync());
        foreach (var format in new[] { "mp4", "webm" })
        {
            using var answer = await _server.Client.GetAsync($"recordings/{_id}/export?format={format}&speed=4");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("video/" + format);
            var path = Path.Combine(_server.Data, "video." + format);
            await File.WriteAllBytesAsync(path, await answer.Content.ReadAsByteArrayAsync());
            var (width, height) = (_frames.Max(f => f.Frame.Width), _frames.Max(f => f.Frame.Height));
            var last = Path.Combine(_server.Data, "last.raw");
            await new Warren.Hypervisors.Commands.CommandRunner().RequireAsync(new("ffmpeg", "-loglevel", "error", "-y", "-i", path, "-update", "1", "-f", "rawvideo", "-pix_fmt", "bgr0", last));
            var raw = await File.ReadAllBytesAsync(last);
            var (wide, high) = ((width + 1) / 2 * 2, (height + 1) / 2 * 2);
            var frames = raw.Length / (wide * high * 4);
            ((double)frames).ShouldBe(Seconds / 4.0 * VideoExport.Rate, 5, "pictures of the video");
            var (frame, off) = (_frames[^1].Frame, 0L);
            for (var y = 0; y < frame.Height; y++)
            for (var x = 0; x < frame.Width; x++)
            {
                var at = ((frames - 1) * high + y) * wide * 4 + x * 4;
                var pixel = frame.Pixels[y * frame.Width + x];
                off += Math.Abs(raw[at] - (byte)pixel) + Math.Abs(raw[at + 1] - (byte)(pixel >> 8)) + Math.Abs(raw[at + 2] - (byte)(pixel >> 16));
            }

            ((double)off / frame.Pixels.Length / 3).ShouldBeLessThan(12, $"mean difference of a colour in the last picture of the {format}, of 255");
        }
    }

    [Fact]
    public async Task Without_ffmpeg_there_is_no_video_and_the_reason_is_told()
    {
        await using var server = await TestServer.StartAsync(settings: "Recordings:Ffmpeg=/nowhere/ffmpeg");
        var id = await MakeAsync(server);
        using var answer = await server.Client.GetAsync($"recordings/{id}/export");
        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("Recordings:Ffmpeg");
        foreach (var query in new[] { "format=gif", "from=5&to=4", "speed=100", "from=-1" })
        {
            using var refused = await server.Client.GetAsync($"recordings/{id}/export?{query}");
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest, query);
        }
    }

    /// <summary>A recording of slow, large patterns, as a file and a row.</summary>
    private async Task<string> MakeAsync(TestServer? other = null)
    {
        var server = other ?? _server;
        var id = Ids.New(server.Clock);
        var shadow = new Shadow();
        shadow.Begin();
        shadow.Resize(201, 121);
        shadow.End();
        var copy = new ScreenCopy(shadow);
        using (var writer = RecordingWriter.Create(server.Get<RecordingFolder>().FileOf(id), server.Clock.GetUtcNow()))
        {
            for (var i = 0; i < Seconds * 4; i++)
            {
                shadow.Begin();
                if (i == 30) shadow.Resize(160, 100);
                var picture = shadow.Picture!;
                for (var y = 0; y < picture.Height; y++)
                    foreach (ref var pixel in picture.Row(0, y, picture.Width)) pixel = (uint)((i * 3 & 255) << 16 | (y / 20 * 40 & 255) << 8 | (255 - i));
                shadow.Wrote(picture.All);
                shadow.End();
                copy.Take();
                var at = TimeSpan.FromSeconds(i / 4.0);
                if (copy.IsNew || writer.WantsKeyframe(at)) writer.Keyframe(picture, "painted", null, at);
                else writer.Update(picture, copy.Changed, null, null, at);
                copy.Settle();
                if (other is null) _frames.Add((at.TotalSeconds, Frame.Of(picture, null)));
            }

            writer.Finish(TimeSpan.FromSeconds(Seconds));
        }

        await using var db = server.Db();
        var owner = db.Users.Single();
        db.Recordings.Add(new RecordingRow
        {
            Id = id, MachineId = "m", MachineName = "painted", OwnerId = owner.Id, ProjectId = db.Projects.Single().Id, State = RecordingState.Finished,
            StartedAt = server.Clock.GetUtcNow(), EndedAt = server.Clock.GetUtcNow(), DurationMs = Seconds * 1000, Bytes = 1,
        });
        await db.SaveChangesAsync();
        return id;
    }

    private Uri Address(string query) => new(_server.Url.Replace("http", "ws", StringComparison.Ordinal) + $"/api/v1/recordings/{_id}/screen{query}");

    private async Task<TalkingLine> OpenAsync(string query, bool talks)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + _server.Token);
        if (talks) socket.Options.AddSubProtocol(ScreenSocket.Protocol);
        socket.Options.AddSubProtocol("binary");
        await socket.ConnectAsync(Address(query), CancellationToken.None);
        return new TalkingLine(socket);
    }

    private static async Task<TestViewer> GreetAsync(TalkingLine line)
    {
        var viewer = new TestViewer(line.Bytes);
        await viewer.GreetAsync();
        await viewer.UnderstandAsync(7, 0, -223, -307);
        await viewer.AskAsync(incremental: false);
        await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return viewer;
    }

    private async Task ShowsAsync(TalkingLine line, TestViewer viewer, double at)
    {
        await viewer.SeesAsync(() => _frames.Last(f => f.At <= at).Frame.Pixels);
        (line.Texts.LastOrDefault()?.At ?? at).ShouldBeLessThanOrEqualTo(Seconds);
    }

    /// <summary>The client's end: bytes for a viewer, and the texts between them, which come whether it reads or not.</summary>
    private sealed class TalkingLine : IAsyncDisposable
    {
        private readonly ClientWebSocket _socket;
        private readonly DuplexLine _far;
        private readonly ConcurrentQueue<PlayerState> _texts = [];
        private readonly Task _pumping;

        public TalkingLine(ClientWebSocket socket)
        {
            _socket = socket;
            (var near, _far) = DuplexLine.Make(64 << 20);
            Bytes = near;
            var line = new ScreenSocket(socket, text => _texts.Enqueue(JsonSerializer.Deserialize<PlayerState>(text, WarrenJson.Options)!));
            _pumping = Task.WhenAll(line.CopyToAsync(_far), _far.CopyToAsync(line));
        }

        public Stream Bytes { get; }

        public IReadOnlyCollection<PlayerState> Texts => _texts;

        public Task SayAsync(PlayerCommand command) => SayAsync(JsonSerializer.Serialize(command, WarrenJson.Options));

        public Task SayAsync(string text) => _socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

        /// <summary>Waits until the last text holds.</summary>
        public async Task<PlayerState> UntilAsync(Func<PlayerState, bool> holds)
        {
            PlayerState? state = null;
            await Eventually.BecomesAsync(() => Task.FromResult((state = _texts.LastOrDefault()) is not null && holds(state)), "the player says so", tell: () => Task.FromResult($"{state}"));
            return state!;
        }

        public async Task<string> ClosedAsync()
        {
            await Eventually.BecomesAsync(() => Task.FromResult(_socket.CloseStatus is not null), "it is closed");
            return _socket.CloseStatusDescription ?? "";
        }

        public async ValueTask DisposeAsync()
        {
            _socket.Abort();
            _far.Dispose();
            await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _socket.Dispose();
        }
    }
}
