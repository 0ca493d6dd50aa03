using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Warren.Contracts;
using Warren.Server.Tests.Consoles.Screens;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Sharing;

/// <summary>Ways to a screen beside one's own login, and who of those that look may type. On an imitated host whose screen shows a square for each key.</summary>
public sealed class SharingTests
{
    [Fact]
    public async Task A_ticket_opens_its_console_once()
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        var ticket = await TicketAsync(server, a);
        await using (var guest = await ScreenGuest.ComeAsync(server, ticket.Path, login: false)) await guest.HearsAsync(r => r.Count == 1);
        await RefusedAsync(server, ticket.Path);
        // Of many at once one wins.
        ticket = await TicketAsync(server, a);
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return await ScreenGuest.ComeAsync(server, ticket.Path, login: false);
            }
            catch (WebSocketException)
            {
                return null;
            }
        }));
        tries.OfType<ScreenGuest>().Count().ShouldBe(1);
        foreach (var guest in tries.OfType<ScreenGuest>()) await guest.DisposeAsync();
    }

    [Fact]
    public async Task A_ticket_that_is_over_or_for_something_else_is_refused_and_used_up()
    {
        await using var server = await TestServer.StartAsync();
        var (a, b) = await LaunchAsync(server);
        var late = await TicketAsync(server, a);
        server.Clock.Advance(TimeSpan.FromSeconds(31));
        await RefusedAsync(server, late.Path);

        foreach (var other in new[] { $"/api/v1/machines/{b.Id}/screen", $"/api/v1/machines/{a.Id}/serial", $"/api/v1/machines/{a.Name}/screen" })
        {
            var ticket = await TicketAsync(server, a);
            await RefusedAsync(server, $"{other}?ticket={ticket.Ticket}");
            await RefusedAsync(server, ticket.Path);
        }

        await RefusedAsync(server, $"/api/v1/machines/{a.Id}/screen?ticket=" + new string('0', 64));
        await RefusedAsync(server, $"/api/v1/machines/{a.Id}/screen");
        var foreign = await TicketAsync(server, a);
        await RefusedAsync(server, foreign.Path, origin: "https://elsewhere.example");

        // It opens a console and nothing else.
        var spare = await TicketAsync(server, a);
        using var anonymous = server.Anonymous();
        foreach (var path in new[] { $"machines/{a.Id}", $"machines/{a.Id}/screen", $"machines/{a.Id}/screen.png", "machines" })
        {
            using var answer = await anonymous.GetAsync($"{path}?ticket={spare.Ticket}");
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
        }
    }

    [Fact]
    public async Task Who_may_only_look_types_nothing_whatever_it_sends()
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        var ticket = await TicketAsync(server, a, ViewerRole.View);
        await using var looks = await ScreenGuest.ComeAsync(server, ticket.Path, login: false);
        await looks.HearsAsync(r => r.Count == 1);
        looks.Role.ShouldBe(ViewerRole.View);
        await looks.KeyAsync('x');
        (await looks.RefusedAsync(RoomVerb.Take)).ShouldBe("you may ask, not take over");
        (await looks.RefusedAsync(RoomVerb.Grant, looks.Id)).ShouldBe("only who controls the screen may say who else does");
        await looks.SayAsync(RoomVerb.Ask);
        await looks.HearsAsync(r => r.Viewers[0].Asks);
        looks.Role.ShouldBe(ViewerRole.View);
        await looks.KeyAsync('y');

        // What comes after it, from one who may, is the first key that the machine sees.
        await using var types = await ScreenGuest.ComeAsync(server, $"/api/v1/machines/{a.Id}/screen");
        await types.KeyAsync('z');
        await SeesKeysAsync(server, a, "z");
    }

    [Fact]
    public async Task A_share_link_lets_look_and_the_control_is_asked_for_granted_and_taken_back()
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        await using var owner = await ScreenGuest.ComeAsync(server, $"/api/v1/machines/{a.Id}/screen");
        var created = await ShareAsync(server, a, new() { Name = "class" });
        created.Url.ShouldStartWith(server.Url + "/shared#");
        var secret = created.Url.Split('#')[1];
        var opened = await OpenAsync(server, secret, "Anna");
        (opened.Machine, opened.Role).ShouldBe((a.Name, ViewerRole.View));
        await using var anna = await ScreenGuest.ComeAsync(server, opened.Ticket.Path, login: false);
        await owner.HearsAsync(r => r.Viewers.Any(v => v is { Name: "Anna", Guest: true, Role: ViewerRole.View }));

        await anna.KeyAsync('1');
        await anna.SayAsync(RoomVerb.Ask);
        await owner.HearsAsync(r => r.Viewers.Any(v => v is { Name: "Anna", Asks: true }));
        var id = owner.Room!.Viewers.Single(v => v.Guest).Id;
        await owner.SayAsync(RoomVerb.Grant, id);
        await anna.HearsAsync(r => r.Viewers.Any(v => v is { Guest: true, Role: ViewerRole.Control }));
        await anna.KeyAsync('2');
        await SeesKeysAsync(server, a, "2");
        await owner.SayAsync(RoomVerb.Refuse, id);
        await anna.HearsAsync(r => r.Viewers.Any(v => v is { Guest: true, Role: ViewerRole.View }));
        await anna.KeyAsync('3');
        await owner.KeyAsync('4');
        await SeesKeysAsync(server, a, "24");

        (await server.Client.GetFromJsonAsync<Page<Share>>($"machines/{a.Id}/shares", WarrenJson.Options))!.Items.ShouldHaveSingleItem().Id.ShouldBe(created.Share.Id);
        using (var gone = await server.Client.DeleteAsync($"machines/{a.Id}/shares/{created.Share.Id}")) gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await anna.EndAsync();
        anna.Farewell.ShouldBe("the link is over");
        await owner.HearsAsync(r => r.Count == 1);
        using var anonymous = server.Anonymous();
        using var again = await anonymous.PostAsJsonAsync("shares/open", new OpenShareRequest { Secret = secret }, WarrenJson.Options);
        again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await RefusedAsync(server, (await ShareTicketAfterEndAsync(server, a)).Path);
    }

    [Fact]
    public async Task A_share_link_ends_when_its_time_is_over_also_for_those_who_look()
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        var secret = (await ShareAsync(server, a, new() { ExpiresInSeconds = 60 })).Url.Split('#')[1];
        await using var guest = await ScreenGuest.ComeAsync(server, (await OpenAsync(server, secret)).Ticket.Path, login: false);
        await guest.HearsAsync(r => r.Viewers[0].Name == "guest");
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await guest.EndAsync();
        guest.Farewell.ShouldBe("the link is over");
    }

    [Fact]
    public async Task Who_takes_over_types_alone_until_it_leaves()
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        var path = $"/api/v1/machines/{a.Id}/screen";
        await using var first = await ScreenGuest.ComeAsync(server, path);
        await first.HearsAsync(r => r.Count == 1);
        await using (var second = await ScreenGuest.ComeAsync(server, path))
        {
            await second.HearsAsync(r => r.Count == 2);
            (first.Role, second.Role).ShouldBe((ViewerRole.Control, ViewerRole.Control));
            await first.KeyAsync('1');
            await second.SayAsync(RoomVerb.Take);
            await first.HearsAsync(r => r.Viewers.Any(v => v.Sole));
            first.Role.ShouldBe(ViewerRole.View);
            await first.KeyAsync('2');
            await second.KeyAsync('3');
            await SeesKeysAsync(server, a, "13");
            // Whoever comes now looks on, too, and can ask.
            await using var third = await ScreenGuest.ComeAsync(server, path);
            await third.HearsAsync(r => r.Count == 3);
            third.Role.ShouldBe(ViewerRole.View);
            await third.SayAsync(RoomVerb.Ask);
            await second.HearsAsync(r => r.Viewers.Any(v => v.Id == third.Id && v.Asks));
            await second.SayAsync(RoomVerb.Grant, third.Id);
            await third.HearsAsync(r => r.Viewers.Any(v => v.Id == third.Id && v.Role == ViewerRole.Control));
        }

        await first.HearsAsync(r => r.Count == 1 && r.Viewers[0].Role == ViewerRole.Control);
        await first.KeyAsync('4');
        await SeesKeysAsync(server, a, "134");
    }

    [Theory]
    [InlineData("""{ "expiresInSeconds": 59 }""", "expiresInSeconds")]
    [InlineData("""{ "expiresInSeconds": 2592001 }""", "expiresInSeconds")]
    [InlineData("""{ "name": "a\u0007" }""", "name")]
    public async Task A_share_link_that_breaks_a_rule_names_it(string body, string field)
    {
        await using var server = await TestServer.StartAsync();
        var (a, _) = await LaunchAsync(server);
        using var answer = await server.Client.PostAsync($"machines/{a.Id}/shares", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldBe([field]);
    }

    private static async Task<ConsoleTicket> ShareTicketAfterEndAsync(TestServer server, Machine machine)
    {
        var created = await ShareAsync(server, machine, new());
        var opened = await OpenAsync(server, created.Url.Split('#')[1]);
        (await server.Client.DeleteAsync($"machines/{machine.Id}/shares/{created.Share.Id}")).Dispose();
        return opened.Ticket;
    }

    private static async Task<OpenedShare> OpenAsync(TestServer server, string secret, string? name = null)
    {
        using var anonymous = server.Anonymous();
        using var answer = await anonymous.PostAsJsonAsync("shares/open", new OpenShareRequest { Secret = secret, Name = name }, WarrenJson.Options);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<OpenedShare>(WarrenJson.Options))!;
    }

    private static async Task<CreatedShare> ShareAsync(TestServer server, Machine machine, CreateShareRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync($"machines/{machine.Id}/shares", request, WarrenJson.Options);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<CreatedShare>(WarrenJson.Options))!;
    }

    private static async Task<ConsoleTicket> TicketAsync(TestServer server, Machine machine, ViewerRole role = ViewerRole.Control)
    {
        using var answer = await server.Client.PostAsJsonAsync($"machines/{machine.Name}/tickets", new CreateTicketRequest { Role = role }, WarrenJson.Options);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<ConsoleTicket>(WarrenJson.Options))!;
    }

    private static async Task RefusedAsync(TestServer server, string path, string? origin = null)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + path), CancellationToken.None));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    /// <summary>The squares at the top are the keys that went down, in their order; the next one has not come.</summary>
    private static Task SeesKeysAsync(TestServer server, Machine machine, string keys) => Eventually.BecomesAsync(async () =>
    {
        using var shot = await server.Client.GetAsync($"machines/{machine.Id}/screen.png");
        var (width, _, pixels) = PngPixels.Read(await shot.Content.ReadAsByteArrayAsync());
        var ground = pixels[20 * width + width - 1];
        return keys.Index().All(k => pixels[4 * width + k.Index * 8 + 4] == (uint)((byte)(255 - k.Item) << 16 | (byte)(k.Item * 7) << 8 | (byte)(k.Item * 13)))
            && pixels[4 * width + keys.Length * 8 + 4] == ground;
    }, $"the keys {keys} are seen");

    private static async Task<(Machine A, Machine B)> LaunchAsync(TestServer server)
    {
        await server.AddImageAsync();
        return (await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" }), await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "b" }));
    }
}
