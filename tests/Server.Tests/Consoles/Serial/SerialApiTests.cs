using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles.Serial;

/// <summary>The serial line over the real API, with the imitated host.</summary>
public sealed class SerialApiTests
{
    [Fact]
    public async Task A_terminal_begins_with_the_log_shares_the_line_and_goes_on_behind_a_restart_of_the_server()
    {
        var data = Directory.CreateTempSubdirectory("warren-serial-").FullName;
        SerialPlace place;
        await using (var server = await TestServer.StartAsync(data: data))
        {
            await server.AddImageAsync();
            await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" });
            var one = await OpenAsync(server, "?tail=1000");
            var other = await OpenAsync(server, "?tail=0");
            using var first = one;
            using var second = other;
            place = await PlaceAsync(one);
            (place.At, place.Missed).ShouldBe((0, null));
            var begin = await ReadToAsync(one, "nothing boots here\n");
            (await PlaceAsync(other)).At.ShouldBe(begin.Length);
            await one.SendAsync("hello\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
            (await ReadToAsync(one, "hello\n")).ShouldBe("hello\n");
            (await ReadToAsync(other, "hello\n")).ShouldBe("hello\n");
            place = place with { At = begin.Length + 6 };
            // Somebody types on, and the first does not hear it any more.
            one.Abort();
            await other.SendAsync("more\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
            await ReadToAsync(other, "more\n");
        }

        await using var next = await TestServer.StartAsync(data: data);
        var back = await OpenAsync(next, $"?from={place.At}&log={place.Log}&tail=1000");
        using var socket = back;
        (await PlaceAsync(back)).ShouldSatisfyAllConditions(p => p.At.ShouldBe(place.At), p => p.Missed.ShouldBe(0));
        (await ReadToAsync(back, "more\n")).ShouldBe("more\n");
    }

    [Fact]
    public async Task A_ticket_for_looking_types_nothing_and_bad_places_are_refused_by_name()
    {
        await using var server = await TestServer.StartAsync();
        await server.AddImageAsync();
        var machine = await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" });
        using var made = await server.Client.PostAsJsonAsync("machines/a/tickets", new CreateTicketRequest { Kind = ConsoleKind.Serial, Role = ViewerRole.View }, WarrenJson.Options);
        var ticket = (await made.Content.ReadFromJsonAsync<ConsoleTicket>(WarrenJson.Options))!;
        using var looks = new ClientWebSocket();
        await looks.ConnectAsync(new Uri(server.Url.Replace("http", "ws", StringComparison.Ordinal) + ticket.Path), default);
        var types = await OpenAsync(server, "");
        using var socket = types;
        await looks.SendAsync("no"u8.ToArray(), WebSocketMessageType.Binary, true, default);
        await PlaceAsync(types);
        await types.SendAsync("yes\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
        (await ReadToAsync(looks, "yes\n")).ShouldBe("yes\n");
        foreach (var (query, field) in new[] { ("from=-1", "from"), ("tail=-1", "tail"), ("tail=16777217", "tail") })
        {
            using var bad = new ClientWebSocket();
            bad.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
            bad.Options.CollectHttpResponseDetails = true;
            await Should.ThrowAsync<WebSocketException>(() => bad.ConnectAsync(new Uri($"{server.Url.Replace("http", "ws", StringComparison.Ordinal)}/api/v1/machines/{machine.Id}/serial?{query}"), default));
            bad.HttpStatusCode.ShouldBe(HttpStatusCode.BadRequest, field);
        }
    }

    private static async Task<WebSocket> OpenAsync(TestServer server, string query)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(WarrenClient.SerialProtocol);
        socket.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
        await socket.ConnectAsync(new Uri($"{server.Url.Replace("http", "ws", StringComparison.Ordinal)}/api/v1/machines/a/serial{query}"), default);
        return socket;
    }

    private static async Task<SerialPlace> PlaceAsync(WebSocket socket)
    {
        var buffer = new byte[1000];
        var received = await socket.ReceiveAsync(buffer, default);
        received.MessageType.ShouldBe(WebSocketMessageType.Text);
        return System.Text.Json.JsonSerializer.Deserialize<SerialPlace>(buffer.AsSpan(0, received.Count), WarrenJson.Options)!;
    }

    private static async Task<string> ReadToAsync(WebSocket socket, string end)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var (text, buffer) = (new StringBuilder(), new byte[1024]);
        while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
        {
            var received = await socket.ReceiveAsync(buffer, limit.Token);
            received.MessageType.ShouldBe(WebSocketMessageType.Binary, text.ToString());
            text.Append(Encoding.UTF8.GetString(buffer, 0, received.Count));
        }

        return text.ToString();
    }
}
