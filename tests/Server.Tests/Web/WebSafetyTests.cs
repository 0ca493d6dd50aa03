using System.Net;
using System.Net.Sockets;
using System.Text;
using Warren.Contracts;
using Warren.Server.Tests.Access;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Web;

/// <summary>What every answer carries, who is believed about who asks, and what becomes of those who send too much or too slowly.</summary>
public sealed class WebSafetyTests
{
    [Fact]
    public async Task Every_answer_carries_the_headers_of_a_careful_server()
    {
        var pages = Directory.CreateTempSubdirectory("warren-pages-");
        await File.WriteAllTextAsync(Path.Combine(pages.FullName, "index.html"), "<!doctype html>");
        await using var server = await TestServer.StartAsync(settings: $"Web:Folder={pages.FullName}");
        foreach (var path in new[] { "/", "/machines", "/nowhere.js", "/api/v1/health", "/api/v1/machines", "/api/v1/nowhere", "/api/v1/machines?limit=0", "/openapi/v1.json" })
        {
            using var answer = await (path.Contains('?', StringComparison.Ordinal) ? server.Client : server.Anonymous()).GetAsync(new Uri(server.Url + path));
            string Header(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
            var policy = Header("Content-Security-Policy");
            policy.ShouldContain("default-src 'none'", customMessage: path);
            policy.ShouldNotContain("unsafe", customMessage: path);
            policy.ShouldContain("frame-ancestors 'none'", customMessage: path);
            Header("X-Content-Type-Options").ShouldBe("nosniff", path);
            Header("Referrer-Policy").ShouldBe("no-referrer", path);
            Header("Cross-Origin-Opener-Policy").ShouldBe("same-origin", path);
            Header("Server").ShouldBe("", path);
            if (path.StartsWith("/api", StringComparison.Ordinal)) Header("Cache-Control").ShouldContain("no-store", customMessage: path);
            Header("Access-Control-Allow-Origin").ShouldBe("", path);
        }

        pages.Delete(recursive: true);
    }

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8", "203.0.113.7, 127.0.0.2", "203.0.113.7")]
    [InlineData("127.0.0.1", "203.0.113.7, 198.51.100.9", "198.51.100.9")]
    [InlineData("10.0.0.1", "203.0.113.7", "127.0.0.1")]
    [InlineData(null, "203.0.113.7", "127.0.0.1")]
    public async Task Only_proxies_that_are_listed_are_believed(string? proxy, string forwardedFor, string seen)
    {
        string[] settings = proxy is null ? ["Access:SignUp=open"] : ["Access:SignUp=open", $"Web:Proxies:0={proxy}"];
        await using var server = await TestServer.StartAsync(settings: settings);
        using var browser = server.Anonymous();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        browser.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        browser.DefaultRequestHeaders.Add("Origin", proxy?.StartsWith("127", StringComparison.Ordinal) == true ? server.Url.Replace("http:", "https:", StringComparison.Ordinal) : server.Url);
        using var made = await browser.PostAsync("sign-up", new SignUpRequest { Name = "ann", Password = People.Password });
        ((int)made.StatusCode).ShouldBe(201);
        var cookie = made.Headers.GetValues("Set-Cookie").Single();
        await using var db = server.Db();
        db.Sessions.Single().Address.ShouldBe(seen);
        // What is only said to be TLS is none, and the other way about.
        cookie.Contains("secure", StringComparison.OrdinalIgnoreCase).ShouldBe(seen != "127.0.0.1");
    }

    [Fact]
    public async Task A_host_name_that_a_proxy_passes_on_is_judged_too()
    {
        await using var server = await TestServer.StartAsync(settings: "Web:Proxies:0=127.0.0.1");
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Url + "/api/v1/health");
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        (await server.Anonymous().SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_proxy_that_is_no_address_stops_the_start()
        => (await Should.ThrowAsync<InvalidOperationException>(() => TestServer.StartAsync(settings: "Web:Proxies:0=nginx"))).Message.ShouldContain("Web:Proxies");

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        using var content = new StringContent($"{{\"name\":\"{new string('x', 2 << 20)}\"}}", Encoding.UTF8, "application/json");
        using var answer = await server.Client.PostAsync("projects", content);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("too-large");
    }

    [Theory]
    [InlineData("GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")]
    [InlineData("POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500000\r\n\r\n{\"name\":\"")]
    public async Task Who_sends_a_byte_now_and_then_is_sent_away(string beginning)
    {
        await using var server = await TestServer.StartAsync();
        using var line = new TcpClient();
        var address = new Uri(server.Url);
        await line.ConnectAsync(address.Host, address.Port);
        var stream = line.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(beginning));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        using var now = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var reading = ReadToEndAsync(stream, limit.Token);
        while (!reading.IsCompleted)
        {
            try
            {
                await stream.WriteAsync("x"u8.ToArray(), limit.Token);
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(reading, now.WaitForNextTickAsync(limit.Token).AsTask());
        }

        (await reading).ShouldNotContain("200 OK");
        (await server.Anonymous().GetAsync(new Uri("health", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream, CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        try
        {
            return await reader.ReadToEndAsync(cancellation);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
