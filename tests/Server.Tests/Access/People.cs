using System.Net.Http.Json;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Access;

/// <summary>People at browsers, and programs with tokens.</summary>
internal static class People
{
    public const string Password = "correct horse battery";

    /// <summary>A browser with a cookie jar of its own, on our own pages.</summary>
    public static HttpClient Browser(this TestServer server)
    {
        var browser = server.Anonymous();
        browser.DefaultRequestHeaders.Add("Origin", server.Url);
        return browser;
    }

    /// <summary>Signs up; the server must let everybody.</summary>
    public static async Task<HttpClient> SignUpAsync(this TestServer server, string name)
    {
        var browser = server.Browser();
        using var answer = await browser.PostAsync("sign-up", new SignUpRequest { Name = name, Password = Password });
        ((int)answer.StatusCode).ShouldBe(201, await answer.Content.ReadAsStringAsync());
        return browser;
    }

    public static async Task<HttpResponseMessage> LogInAsync(this HttpClient browser, string name, string password)
        => await browser.PostAsync("session", new LoginRequest { Name = name, Password = password });

    /// <summary>A user of a kind and role, with a token in a project; made by the owner.</summary>
    public static async Task<HttpClient> ProgramAsync(this TestServer server, string name, UserRole role = UserRole.Member, CreateTokenRequest? token = null, Func<Task>? before = null)
    {
        using (var made = await server.Client.PostAsync("users", new CreateUserRequest { Name = name, Kind = UserKind.Service, Role = role }))
            ((int)made.StatusCode).ShouldBe(201, await made.Content.ReadAsStringAsync());
        if (before is not null) await before();
        var secret = (await server.Client.MakeAsync<CreatedToken>($"users/{name}/tokens", token ?? new CreateTokenRequest { Name = "t" })).Secret;
        return server.Bearer(secret);
    }

    public static HttpClient Bearer(this TestServer server, string secret)
    {
        var program = server.Anonymous();
        program.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        return program;
    }

    public static Task<HttpResponseMessage> PostAsync<T>(this HttpClient client, string path, T body) => client.PostAsJsonAsync(path, body, WarrenJson.Options);

    public static Task<HttpResponseMessage> PutAsync<T>(this HttpClient client, string path, T body) => client.PutAsJsonAsync(path, body, WarrenJson.Options);

    public static async Task<T> MakeAsync<T>(this HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsync(path, body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<T>(WarrenJson.Options))!;
    }

    public static async Task<T> ReadAsync<T>(this HttpClient client, string path) => (await client.GetFromJsonAsync<T>(path, WarrenJson.Options))!;

    /// <summary>Status and type of a refusal: <c>401 unauthenticated</c>.</summary>
    public static async Task<string> RefusalAsync(this Task<HttpResponseMessage> asking)
    {
        using var answer = await asking;
        var problem = (await answer.Content.ReadFromJsonAsync<Problem>(WarrenJson.Options))!;
        return $"{(int)answer.StatusCode} {problem.Type["urn:warren:problem:".Length..]}";
    }
}
