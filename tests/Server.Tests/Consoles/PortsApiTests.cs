using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Machines;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Consoles;

/// <summary>Ports of guests over the real API; in an imitated guest listen echo (7), discard (9), an endless alphabet (19) and a greeting (22).</summary>
public sealed class PortsApiTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Bytes_go_both_ways_to_their_end_and_the_end_is_told()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        using var socket = await client.OpenPortSocketAsync("a", 7);
        var sent = RandomNumberGenerator.GetBytes(3_000_001);
        var received = ReadAllAsync(socket);
        await socket.SendAsync(sent, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        (await received.WaitAsync(s_limit)).AsSpan().SequenceEqual(sent).ShouldBeTrue("byte for byte");
        await EndsAsync(socket, WebSocketCloseStatus.NormalClosure, "the connection has ended");
    }

    [Fact]
    public async Task The_client_of_the_contracts_reads_and_writes_it_as_a_stream()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        await using var port = await client.OpenPortAsync("a", 7);
        var sent = RandomNumberGenerator.GetBytes(1 << 20);
        var received = new MemoryStream();
        var reading = port.CopyToAsync(received);
        await port.WriteAsync(sent);
        await port.EndSendingAsync();
        await reading.WaitAsync(s_limit);
        received.ToArray().AsSpan().SequenceEqual(sent).ShouldBeTrue("byte for byte");
    }

    [Fact]
    public async Task A_connection_counts_as_use_and_is_over_when_the_client_leaves()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        var machine = await LaunchAsync(server);
        var uses = server.Get<MachineUse>();
        var port = await client.OpenPortAsync("a", 9);
        uses.Take().ShouldContain(machine.Id);
        uses.Take().ShouldContain(machine.Id, "it is still open");
        await port.DisposeAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(!uses.Take().Contains(machine.Id)), "it is over");
    }

    [Fact]
    public async Task Many_at_once_and_one_that_reads_nothing_holds_up_no_other()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        // The guest writes without end, and nobody reads.
        await using var stalled = await client.OpenPortAsync("a", 19);
        await using var alsoStalled = await client.OpenPortAsync("a", 7);
        var stuffing = StuffAsync(alsoStalled);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            await using var port = await client.OpenPortAsync("a", 7);
            var word = Encoding.ASCII.GetBytes(new string((char)('a' + (i % 26)), 100_000 + i));
            var answer = new byte[word.Length];
            var reading = port.ReadExactlyAsync(answer).AsTask();
            await port.WriteAsync(word);
            await reading;
            answer.AsSpan().SequenceEqual(word).ShouldBeTrue("byte for byte");
        })).WaitAsync(s_limit);
        stuffing.IsCompleted.ShouldBeFalse("what nobody reads is not taken without end");
        // It goes on where it stood.
        var alphabet = new byte[1 << 20];
        await stalled.ReadExactlyAsync(alphabet).AsTask().WaitAsync(s_limit);
        alphabet.AsSpan(0, 26).SequenceEqual("abcdefghijklmnopqrstuvwxyz"u8).ShouldBeTrue();
        await alsoStalled.DisposeAsync();
        await Should.ThrowAsync<Exception>(stuffing.WaitAsync(s_limit));
    }

    [Fact]
    public async Task A_server_that_stops_says_so()
    {
        var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        using var quiet = await client.OpenPortSocketAsync("a", 9);
        await using var read = await client.OpenPortAsync("a", 9);
        var reading = read.ReadAsync(new byte[1]).AsTask();
        var end = EndsAsync(quiet, WebSocketCloseStatus.EndpointUnavailable, "the server is going away");
        await server.DisposeAsync().AsTask().WaitAsync(s_limit);
        await end;
        (await Should.ThrowAsync<IOException>(reading)).Message.ShouldContain("the server is going away");
    }

    [Fact]
    public async Task A_machine_that_goes_off_ends_its_connections_and_opens_no_more()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        var machine = await LaunchAsync(server);
        await using var port = await client.OpenPortAsync("a", 22);
        var greeting = new byte[8];
        await port.ReadExactlyAsync(greeting);
        greeting.ShouldBe("SSH-2.0-"u8.ToArray());
        await server.EndAsync(await server.PostAsync($"machines/{machine.Id}/stop", new { force = true }));
        await port.CopyToAsync(Stream.Null).WaitAsync(s_limit);
        (await RefusedAsync(client, "a", 22)).ShouldBe(("illegal-state", 409));
    }

    [Fact]
    public async Task What_cannot_be_opened_is_refused_before_the_upgrade_with_the_reason()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        var machine = await LaunchAsync(server);
        var failure = await Should.ThrowAsync<WarrenException>(() => client.OpenPortAsync("a", 81));
        (failure.Kind, failure.Problem.Status, failure.Problem.Detail).ShouldBe(("port-closed", 409, "Nobody listens on port 81 of a."));
        (await RefusedAsync(client, "none", 22)).ShouldBe(("not-found", 404));
        foreach (var port in new[] { 0, -1, 65536 })
        {
            failure = await Should.ThrowAsync<WarrenException>(() => client.OpenPortAsync("a", port));
            failure.Problem.Status.ShouldBe(400);
            failure.Problem.Errors!.Keys.ShouldBe(["port"]);
        }

        await server.EndAsync(await server.PostAsync($"machines/{machine.Id}/pause"));
        (await RefusedAsync(client, "a", 22)).ShouldBe(("illegal-state", 409));
        using var stranger = new WarrenClient(new Uri(server.Url), "wrn_wrong");
        (await RefusedAsync(stranger, "a", 22)).ShouldBe(("unauthenticated", 401));
        using var plain = await server.Client.GetAsync("machines/a/ports/22");
        ((int)plain.StatusCode).ShouldBe(426);
    }

    [Fact]
    public async Task A_host_that_is_silent_or_has_no_way_there_is_told()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        Faults(server).Fail("OpenPort", HypervisorErrorKind.Unreachable);
        (await RefusedAsync(client, "a", 22)).ShouldBe(("hypervisor", 502));
        Faults(server).Fail("OpenPort", HypervisorErrorKind.Unsupported);
        (await RefusedAsync(client, "a", 22)).ShouldBe(("unsupported", 422));
    }

    [Fact]
    public async Task Text_and_bytes_after_the_end_close_with_a_reason()
    {
        await using var server = await TestServer.StartAsync();
        using var client = Connect(server);
        await LaunchAsync(server);
        using (var socket = await client.OpenPortSocketAsync("a", 9))
        {
            await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
            await EndsAsync(socket, WebSocketCloseStatus.InvalidMessageType, "bytes go in binary messages");
        }

        using (var socket = await client.OpenPortSocketAsync("a", 19))
        {
            foreach (var message in new[] { Array.Empty<byte>(), [1] }) await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            await EndsAsync(socket, WebSocketCloseStatus.ProtocolError, "an empty message was the last");
        }
    }

    [Fact]
    public async Task The_file_for_a_remote_desktop_leads_to_the_tunnel()
    {
        await using var server = await TestServer.StartAsync();
        await LaunchAsync(server);
        using var answer = await server.Client.GetAsync("machines/a/rdp?localPort=4000");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-rdp");
        answer.Content.Headers.ContentDisposition!.ToString().ShouldContain("attachment; filename=a.rdp");
        (await answer.Content.ReadAsStringAsync()).Split("\r\n").ShouldContain("full address:s:127.0.0.1:4000");
        (await server.Client.GetStringAsync("machines/a/rdp")).ShouldContain("full address:s:127.0.0.1:13389\r\n");
        using var wrong = await server.Client.GetAsync("machines/a/rdp?localPort=70000");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await wrong.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!.Errors!.Keys.ShouldBe(["localPort"]);
    }

    private static WarrenClient Connect(TestServer server) => new(new Uri(server.Url), server.Token);

    private static async Task<Machine> LaunchAsync(TestServer server)
    {
        await server.AddImageAsync();
        return await server.LaunchAsync(new LaunchRequest { Image = "tiny", Name = "a" });
    }

    private static FakeFaults Faults(TestServer server) => ((FakeHypervisor)server.Get<IHypervisor>()).Faults;

    private static async Task<(string Kind, int Status)> RefusedAsync(WarrenClient client, string machine, int port)
    {
        var failure = await Should.ThrowAsync<WarrenException>(() => client.OpenPortAsync(machine, port));
        return (failure.Kind, failure.Problem.Status);
    }

    private static async Task StuffAsync(Stream port)
    {
        var chunk = new byte[64 * 1024];
        while (true) await port.WriteAsync(chunk);
    }

    private static async Task<byte[]> ReadAllAsync(WebSocket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { Count: > 0 } received) all.Write(buffer, 0, received.Count);
        return all.ToArray();
    }

    private static async Task EndsAsync(WebSocket socket, WebSocketCloseStatus status, string why)
    {
        var buffer = new byte[64 * 1024];
        while ((await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(s_limit)).MessageType != WebSocketMessageType.Close) { }
        (socket.CloseStatus, socket.CloseStatusDescription).ShouldBe((status, why));
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
    }
}
