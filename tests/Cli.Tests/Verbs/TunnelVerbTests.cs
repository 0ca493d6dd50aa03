using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Cli.Tests.Verbs;

/// <summary><c>tunnel</c> and <c>rdp</c> against a server whose machine <c>web</c> echoes on port 7, hangs up on 1 and has nobody on 81.</summary>
public sealed class TunnelVerbTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Standard_input_goes_in_and_what_comes_back_goes_out()
    {
        await using var server = await StartAsync();
        var sent = new byte[1_000_003];
        for (var i = 0; i < sent.Length; i++) sent[i] = (byte)('a' + (i % 26));
        using var shell = new Shell(server.Url) { InputBytes = sent };
        (await shell.RunAsync("tunnel", "--stdio", "web", "7")).ShouldBe(0, shell.Error);
        shell.Out.ShouldBe(Encoding.ASCII.GetString(sent));
        var asked = server.Of("GET", "/machines/web/ports/7").Single();
        asked.Headers["Authorization"].ShouldBe("Bearer wrn_test");
        asked.Headers["Sec-WebSocket-Version"].ShouldBe("13");
        asked.Headers.Keys.ShouldNotContain("Sec-WebSocket-Extensions", "nothing is compressed");
    }

    [Theory]
    [InlineData("81", 6, "warren: Nobody listens on port 81 of web.\n")]
    [InlineData("1", 1, "warren: the connection has ended: the machine is off\n")]
    public async Task A_refusal_and_an_early_end_are_told_with_their_reason(string port, int exitCode, string said)
    {
        await using var server = await StartAsync();
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("tunnel", "--stdio", "web", port)).ShouldBe(exitCode);
        shell.Error.ShouldBe(said);
        shell.Out.ShouldBeEmpty();
    }

    [Fact]
    public async Task Ports_of_this_computer_lead_to_the_machine_until_Ctrl_C()
    {
        await using var server = await StartAsync();
        using var shell = new Shell(server.Url);
        var free = FreePort();
        var run = shell.RunAsync("tunnel", "web", $"{free}:7", "81");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => EchoesAsync(free, $"number {i}")));
        var lines = shell.Out.Split('\n');
        lines[0].ShouldBe($"127.0.0.1:{free}  web:7");
        lines[1].ShouldEndWith("  web:81");

        // Nobody listens there: a reset, not an empty answer.
        using var refused = await ConnectAsync(IPEndPoint.Parse(lines[1].Split(' ')[0]).Port);
        await Should.ThrowAsync<IOException>(refused.GetStream().ReadAsync(new byte[1], Cancellation).AsTask());
        shell.Error.ShouldContain("A connection to port 81 could not be opened: Nobody listens on port 81 of web.");
        server.Requests.ShouldContain(r => r.Path == "/api/v1/machines/m-web/ports/81", "by its id: a machine that takes the name is another");

        using var open = await ConnectAsync(free);
        shell.PressCtrlC();
        (await run).ShouldBe(130);
        var after = 0;
        try
        {
            after = await open.GetStream().ReadAsync(new byte[1], Cancellation);
        }
        catch (IOException)
        {
            // A reset.
        }

        after.ShouldBe(0, "what was open is closed");
    }

    [Fact]
    public async Task Programs_are_told_where_it_listens()
    {
        await using var server = await StartAsync();
        using var shell = new Shell(server.Url);
        var free = FreePort();
        var run = shell.RunAsync("tunnel", "web", $"{free}:7", "--format", "json");
        await EchoesAsync(free, "hello");
        using var said = JsonDocument.Parse(shell.Out);
        var tunnel = said.RootElement.GetProperty("tunnels").EnumerateArray().Single();
        (tunnel.GetProperty("address").GetString(), tunnel.GetProperty("localPort").GetInt32(), tunnel.GetProperty("port").GetInt32()).ShouldBe(($"127.0.0.1:{free}", free, 7));
        shell.PressCtrlC();
        (await run).ShouldBe(130);
    }

    [Theory]
    [InlineData("tunnel", "web", "0")]
    [InlineData("tunnel", "web", "70000")]
    [InlineData("tunnel", "web", "ssh")]
    [InlineData("tunnel", "web", "1:2:3")]
    [InlineData("tunnel", "web", "--stdio", "80:80")]
    [InlineData("tunnel", "web", "--stdio", "80", "81")]
    [InlineData("rdp", "web", "--port", "70000")]
    public async Task What_breaks_a_rule_is_refused_before_the_server_is_asked(params string[] words)
    {
        await using var server = await StartAsync();
        using var shell = new Shell(server.Url);
        (await shell.RunAsync(words)).ShouldBe(2);
        shell.Error.ShouldContain(words[0] == "rdp" || words.Contains("--stdio") ? "--" : "PORT");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_remote_desktop_is_a_tunnel_and_a_file_that_opens_it()
    {
        await using var server = await StartAsync();
        using var shell = new Shell(server.Url);
        var file = Path.Combine(shell.Home, "web.rdp");
        var free = FreePort();
        var run = shell.RunAsync("rdp", "web", "--port", $"{free}", "--output", file);
        await EchoesAsync(free, "hello");
        shell.Out.ShouldBe($"127.0.0.1:{free}  {file}\n");
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldBe($"full address:s:127.0.0.1:{free}\r\n");
        shell.PressCtrlC();
        (await run).ShouldBe(130);
    }

    private static Task<LittleServer> StartAsync() => LittleServer.StartAsync(routes => routes
        .Get("/machines/{m}", (string m) => Given.Machine(m.Replace("m-", "", StringComparison.Ordinal)))
        .Get("/machines/{m}/rdp", (int localPort) => Results.Text($"full address:s:127.0.0.1:{localPort}\r\n", "application/x-rdp"))
        .Get("/machines/{m}/ports/{port:int}", async (HttpContext http, int port) =>
        {
            if (port == 81)
            {
                await LittleServer.Refuse("port-closed", 409, "Nobody listens on port 81 of web.").ExecuteAsync(http);
                return;
            }

            using var socket = await http.WebSockets.AcceptWebSocketAsync();
            if (port == 1) await socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "the machine is off", Cancellation);
            else await EchoAsync(socket);
        }));

    private static async Task EchoAsync(WebSocket socket)
    {
        var buffer = new byte[1 << 16];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
            if (received.MessageType == WebSocketMessageType.Close) break;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), WebSocketMessageType.Binary, received.EndOfMessage, Cancellation);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);
    }

    private static async Task EchoesAsync(int port, string word)
    {
        using var client = await ConnectAsync(port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(word), Cancellation);
        client.Client.Shutdown(SocketShutdown.Send);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, Cancellation);
        Encoding.ASCII.GetString(all.ToArray()).ShouldBe(word);
    }

    private static async Task<TcpClient> ConnectAsync(int port)
    {
        while (true)
        {
            var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port, Cancellation);
                return client;
            }
            catch (SocketException)
            {
                // It does not listen yet.
                client.Dispose();
                await Task.Yield();
            }
        }
    }

    /// <summary>Not one that the system gives to connections: who connects to a free one of those may meet himself.</summary>
    private static int FreePort()
    {
        while (true)
        {
            using var free = new TcpListener(IPAddress.Loopback, RandomNumberGenerator.GetInt32(12_000, 32_000));
            try
            {
                free.Start();
                return ((IPEndPoint)free.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Somebody's.
            }
        }
    }
}
