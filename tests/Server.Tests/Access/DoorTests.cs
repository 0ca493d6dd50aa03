using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>The door: who gets in, and what a browser on another site cannot do.</summary>
public sealed partial class DoorTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Every_route_but_the_open_ones_needs_to_know_who_asks()
    {
        using var nobody = new HttpClient { BaseAddress = new Uri(_server.Url) };
        var open = new List<string>();
        foreach (var endpoint in _server.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = Parameter().Replace(endpoint.RoutePattern.RawText!, "x");
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                open.Add(path);
                continue;
            }

            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods)
            {
                using var answer = await nobody.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
                answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
            }
        }

        open.Where(p => p.StartsWith("/api", StringComparison.Ordinal)).ShouldBe(
            ["/api/v1/health", "/api/v1/session", "/api/v1/session/provider", "/api/v1/session/second-factor", "/api/v1/sign-up", "/api/v1/sign-up", "/api/v1/shares/open"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_login_link_works_once_and_its_cookie_is_safe()
    {
        var secret = await LinkSecretAsync();
        using var browser = Browser(out _);
        using var first = await browser.PostAsJsonAsync("session", new LoginRequest(secret), WarrenJson.Options);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        var cookie = first.Headers.GetValues("Set-Cookie").Single().ToLowerInvariant();
        cookie.ShouldContain("httponly");
        cookie.ShouldContain("samesite=strict");
        (await browser.GetFromJsonAsync<Session>("session", WarrenJson.Options))!.Role.ShouldBe(UserRole.Owner);
        using var second = await browser.PostAsJsonAsync("session", new LoginRequest(secret), WarrenJson.Options);
        second.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Of_many_who_use_one_link_at_once_one_gets_in()
    {
        var secret = await LinkSecretAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var browser = Browser(out var _);
            using var answer = await browser.PostAsJsonAsync("session", new LoginRequest(secret), WarrenJson.Options);
            return answer.StatusCode;
        }));
        answers.Count(s => s == HttpStatusCode.OK).ShouldBe(1);
    }

    [Fact]
    public async Task A_link_ends_after_a_quarter_of_an_hour()
    {
        var secret = await LinkSecretAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(16));
        using var browser = Browser(out _);
        using var late = await browser.PostAsJsonAsync("session", new LoginRequest(secret), WarrenJson.Options);
        late.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("http://evil.example", HttpStatusCode.Unauthorized)]
    [InlineData("null", HttpStatusCode.Unauthorized)]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("SELF", HttpStatusCode.Created)]
    public async Task With_a_cookie_only_our_own_pages_may_change_something(string? origin, HttpStatusCode expected)
    {
        using var browser = Browser(out _);
        using (var login = await browser.PostAsJsonAsync("session", new LoginRequest(await LinkSecretAsync()), WarrenJson.Options)) login.EnsureSuccessStatusCode();
        using var request = new HttpRequestMessage(HttpMethod.Post, "login-links") { Content = JsonContent.Create(new { }) };
        if (origin is not null) request.Headers.Add("Origin", origin == "SELF" ? _server.Url : origin);
        using var answer = await browser.SendAsync(request);
        answer.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task Logging_out_ends_the_session_at_the_server()
    {
        using var browser = Browser(out var jar);
        using (var login = await browser.PostAsJsonAsync("session", new LoginRequest(await LinkSecretAsync()), WarrenJson.Options)) login.EnsureSuccessStatusCode();
        var cookie = jar.GetAllCookies().Single().Value;
        using var request = new HttpRequestMessage(HttpMethod.Delete, "session");
        request.Headers.Add("Origin", _server.Url);
        using (var logout = await browser.SendAsync(request)) logout.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var stolen = new HttpRequestMessage(HttpMethod.Get, "session");
        stolen.Headers.Add("Cookie", $"warren_session={cookie}");
        using var after = await _server.Anonymous().SendAsync(stolen);
        after.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Tokens_are_shown_once_end_when_deleted_and_expire()
    {
        using var made = await _server.Client.PostAsJsonAsync("tokens", new CreateTokenRequest { Name = "ci", Days = 1 }, WarrenJson.Options);
        var token = (await made.Content.ReadFromJsonAsync<CreatedToken>(WarrenJson.Options))!;
        using var program = _server.Anonymous();
        program.DefaultRequestHeaders.Authorization = new("Bearer", token.Secret);
        (await program.GetAsync("machines")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _server.Client.GetStringAsync("tokens")).ShouldNotContain(token.Secret);
        _server.Clock.Advance(TimeSpan.FromDays(2));
        (await program.GetAsync("machines")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _server.Client.DeleteAsync($"tokens/{token.Token.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public void The_clients_file_is_private()
        => File.GetUnixFileMode(Path.Combine(_server.Data, "client.json")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

    [Fact]
    public async Task A_foreign_host_name_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "health");
        request.Headers.Host = "warren.evil.example";
        (await _server.Anonymous().SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private async Task<string> LinkSecretAsync()
    {
        using var answer = await _server.Client.PostAsJsonAsync("login-links", new { }, WarrenJson.Options);
        var link = (await answer.Content.ReadFromJsonAsync<LoginLink>(WarrenJson.Options))!;
        return link.Url[(link.Url.IndexOf('#', StringComparison.Ordinal) + 1)..];
    }

    private HttpClient Browser(out CookieContainer jar)
    {
        jar = new CookieContainer();
        return new HttpClient(new HttpClientHandler { CookieContainer = jar }) { BaseAddress = new Uri(_server.Url + "/api/v1/") };
    }

    [GeneratedRegex(@"\{[^}]*\}", RegexOptions.NonBacktracking)]
    private static partial Regex Parameter();
}
