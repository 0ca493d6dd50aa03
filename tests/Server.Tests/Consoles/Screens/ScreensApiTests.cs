using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Screens;

/// <summary>Screenshots and input over the real API, on an imitated host whose screen shows a square for each key.</summary>
public sealed class ScreensApiTests
{
    [Fact]
    public async Task A_screenshot_is_a_PNG_of_the_screen_that_tells_its_size_and_is_not_sent_twice()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var answer = await server.Client.GetAsync(path + "/screen.png");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        answer.Headers.GetValues("Warren-Screen").ShouldBe(["320x200"]);
        var (width, height, pixels) = PngPixels.Read(await answer.Content.ReadAsByteArrayAsync());
        (width, height).ShouldBe((320, 200));
        pixels.Distinct().Count().ShouldBe(2, "the machine's colour and the bar");

        using var small = await server.Client.GetAsync(path + "/screen.png?width=64");
        (width, height, _) = PngPixels.Read(await small.Content.ReadAsByteArrayAsync());
        (width, height).ShouldBe((64, 40));
        small.Headers.GetValues("Warren-Screen").ShouldBe(["320x200"]);

        // The bar moves twice a second; between two steps the picture is the same.
        await Eventually.BecomesAsync(async () =>
        {
            using var first = await server.Client.GetAsync(path + "/screen.png");
            using var again = new HttpRequestMessage(HttpMethod.Get, path + "/screen.png");
            again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var second = await server.Client.SendAsync(again);
            return second.StatusCode == HttpStatusCode.NotModified;
        }, "the same picture is not sent twice");
    }

    [Fact]
    public async Task What_is_typed_reaches_the_machine_key_by_key()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var answer = await InputAsync(server, path,
            new() { Text = "aB\n" }, new() { Keys = "ctrl+alt+delete" }, new() { PauseMilliseconds = 1 }, new() { Mouse = new(3, 4) });
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync());
        // Each key that went down is a square: a, Shift, B, Enter, Ctrl, Alt, Delete.
        uint[] keys = ['a', 0xffe1, 'B', 0xff0d, 0xffe3, 0xffe9, 0xffff];
        await Eventually.BecomesAsync(async () =>
        {
            using var shot = await server.Client.GetAsync(path + "/screen.png");
            var (width, _, pixels) = PngPixels.Read(await shot.Content.ReadAsByteArrayAsync());
            return keys.Index().All(k => pixels[4 * width + k.Index * 8 + 4] == (uint)((byte)(255 - k.Item) << 16 | (byte)(k.Item * 7) << 8 | (byte)(k.Item * 13)));
        }, "the keys are seen");
    }

    [Fact]
    public async Task Input_that_breaks_a_rule_is_named_and_nothing_of_it_is_done()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        (InputStep Step, string Field)[] wrong =
        [
            (new(), "steps[1]"),
            (new() { Text = "a", Keys = "b" }, "steps[1]"),
            (new() { Text = "\u0007" }, "steps[1].text"),
            (new() { Text = new string('x', 1001) }, "steps"),
            (new() { Keys = "ctrl+nonsense" }, "steps[1].keys"),
            (new() { Keys = "" }, "steps[1].keys"),
            (new() { Mouse = new(320, 0) }, "steps[1].mouse.x"),
            (new() { Mouse = new(0, -1) }, "steps[1].mouse.y"),
            (new() { PauseMilliseconds = -1 }, "steps[1].pauseMilliseconds"),
            (new() { PauseMilliseconds = 20_000 }, "steps[1].pauseMilliseconds"),
        ];
        foreach (var (step, field) in wrong)
        {
            using var answer = await InputAsync(server, path, new() { Text = "z" }, step);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, field);
            (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldContain(field);
        }

        using var shot = await server.Client.GetAsync(path + "/screen.png");
        PngPixels.Read(await shot.Content.ReadAsByteArrayAsync()).Pixels.Distinct().Count().ShouldBe(2, "no key was pressed");
    }

    [Theory]
    [InlineData("width=8", "width")]
    [InlineData("width=99999", "width")]
    [InlineData("stable=-1", "stable")]
    [InlineData("stable=5&wait=61", "wait")]
    public async Task A_wish_for_a_screenshot_that_breaks_a_rule_names_it(string query, string field)
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var answer = await server.Client.GetAsync($"{path}/screen.png?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldBe([field]);
    }

    [Fact]
    public async Task A_screen_that_never_rests_is_taken_when_the_patience_is_over()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var answer = await server.Client.GetAsync(path + "/screen.png?stable=5000&wait=1");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_machine_that_is_off_has_no_screen_and_its_viewers_stay_until_it_is_on_again()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var socket = await ConnectAsync(server, path + "/screen");
        await using var line = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var viewer = new TestViewer(line);
        await viewer.LookAsync(7, 0, -307);
        var name = viewer.Name;

        await server.EndAsync(await server.PostAsync(path + "/stop", new { force = true }));
        await NamedAsync(viewer, name + " (the machine is off)");
        foreach (var (method, what) in new[] { (HttpMethod.Get, "/screen.png"), (HttpMethod.Post, "/input") })
        {
            using var request = new HttpRequestMessage(method, path + what) { Content = method == HttpMethod.Get ? null : JsonContent.Create(new { steps = new[] { new { text = "a" } } }) };
            using var answer = await server.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        }

        await server.EndAsync(await server.PostAsync(path + "/start"));
        await NamedAsync(viewer, name);
        using var shot = await server.Client.GetAsync(path + "/screen.png");
        shot.StatusCode.ShouldBe(HttpStatusCode.OK, "at once, however long it was off");
    }

    [Fact]
    public async Task What_is_copied_in_the_guest_reaches_its_viewer()
    {
        await using var server = await TestServer.StartAsync();
        var path = await LaunchAsync(server);
        using var socket = await ConnectAsync(server, path + "/screen");
        await using var line = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: false);
        using var viewer = new TestViewer(line);
        await viewer.LookAsync(0);
        // The imitated guest's shell is its serial line.
        using var serial = await ConnectAsync(server, path + "/serial");
        await serial.SendAsync("copy grüße\r"u8.ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);
        while (viewer.Texts.Count == 0)
        {
            await viewer.AskAsync();
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        viewer.Texts.ShouldBe(["grüße"]);
    }

    private static async Task<ClientWebSocket> ConnectAsync(TestServer server, string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        await socket.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + "/api/v1/" + path), CancellationToken.None);
        return socket;
    }

    private static async Task NamedAsync(TestViewer viewer, string name)
    {
        while (viewer.Name != name)
        {
            await viewer.AskAsync();
            await viewer.UpdateAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    private static async Task<string> LaunchAsync(TestServer server)
    {
        await server.AddImageAsync();
        return "machines/" + (await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" })).Id;
    }

    private static Task<HttpResponseMessage> InputAsync(TestServer server, string path, params InputStep[] steps) =>
        server.Client.PostAsJsonAsync(path + "/input", new ScreenInput { Steps = steps }, WarrenJson.Options);
}
