using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Warren.Cli.Machines;
using Warren.Contracts;

namespace Cli.Tests.Verbs;

/// <summary><c>screenshot</c>, <c>type</c> and the password of <c>vnc</c>.</summary>
public sealed class ScreenVerbTests
{
    [Fact]
    public async Task A_screenshot_becomes_a_file_and_tells_the_size_of_the_screen()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/web/screen.png", Shot));
        using var shell = new Shell(server.Url);
        var file = Path.Combine(Directory.CreateTempSubdirectory("shot-").FullName, "now.png");
        (await shell.RunAsync("screenshot", "web", "--width", "320", "--stable", "1.5", "--output", file)).ShouldBe(0, shell.Error);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldBe("a picture");
        shell.Out.ShouldBe($"{file}: the screen has 1024 x 768 pixels\n");
        server.Of("GET", "/machines/web/screen.png").Single().Query.ShouldBe("?width=320&stable=1500");
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Fact]
    public async Task A_click_text_keys_and_Enter_are_sent_in_that_order()
    {
        var body = "";
        await using var server = await LittleServer.StartAsync(routes => routes.Post("/machines/web/input", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            body = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            return Results.NoContent();
        }));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync("type", "web", "hello", "--keys", "ctrl+a", "--click", "10,20", "--enter")).ShouldBe(0, shell.Error);
        var steps = JsonSerializer.Deserialize<ScreenInput>(body, WarrenJson.Options)!.Steps;
        steps.ShouldBe([new() { Mouse = new(10, 20) }, new() { Text = "hello" }, new() { Keys = "ctrl+a" }, new() { Keys = "enter" }]);
    }

    [Theory]
    [InlineData("type", "web")]
    [InlineData("type", "web", "--click", "10")]
    [InlineData("type", "web", "--click", "ten,2")]
    [InlineData("vnc", "web", "--port", "70000")]
    public async Task What_breaks_a_rule_is_refused_before_the_server_is_asked(params string[] words)
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/web/screen.png", Shot));
        using var shell = new Shell(server.Url);
        (await shell.RunAsync(words)).ShouldNotBe(0);
        shell.Error.ShouldContain(words.Length > 2 ? words[2] : "TEXT");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void An_answer_to_a_challenge_is_DES_with_the_bits_of_the_key_turned_round()
    {
        // All bits of "\u0001" turned round are 0x80: DES with the key 80 00 .. 00 makes of zeroes 95 A8 D7 28 13 DA A9 4D (NBS SP 500-20, variable key).
        Convert.ToHexString(VncPassword.Answer("\u0001", new byte[16])).ShouldBe("95A8D72813DAA94D95A8D72813DAA94D");
        VncPassword.New().Length.ShouldBe(8);
        VncPassword.New().ShouldNotBe(VncPassword.New());
    }

    [Fact]
    public async Task A_wrong_password_lets_nobody_in()
    {
        await using var server = await LittleServer.StartAsync(routes => routes.Get("/machines/{name}", (string name) => Results.Json(Given.Machine(name), WarrenJson.Options)));
        using var shell = new Shell(server.Url);
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var door = shell.RunAsync("vnc", "web", "--port", $"{port}");
        using var client = new TcpClient();
        while (!client.Connected) await ConnectAsync(client, port);
        var line = client.GetStream();
        Encoding.ASCII.GetString(await ReadAsync(line, 12)).ShouldBe("RFB 003.008\n");
        await line.WriteAsync("RFB 003.008\n"u8.ToArray(), TestContext.Current.CancellationToken);
        (await ReadAsync(line, 2)).ShouldBe((byte[])[1, 2], "by password only");
        await line.WriteAsync((byte[])[2], TestContext.Current.CancellationToken);
        var challenge = await ReadAsync(line, 16);
        await line.WriteAsync(VncPassword.Answer("guessed", challenge), TestContext.Current.CancellationToken);
        (await ReadAsync(line, 4)).ShouldBe((byte[])[0, 0, 0, 1]);
        shell.PressCtrlC();
        await door;
        shell.Out.ShouldStartWith($"127.0.0.1:{port}  password ");
        server.Requests.ShouldNotContain(r => r.Path.EndsWith("/screen", StringComparison.Ordinal));
    }

    private static async Task ConnectAsync(TcpClient client, int port)
    {
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<byte[]> ReadAsync(NetworkStream line, int count)
    {
        var bytes = new byte[count];
        await line.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static IResult Shot(HttpResponse response)
    {
        response.Headers["Warren-Screen"] = "1024x768";
        return Results.Bytes("a picture"u8.ToArray(), "image/png");
    }
}
