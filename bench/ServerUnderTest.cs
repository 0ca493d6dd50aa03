using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Web;

namespace Warren.Bench;

/// <summary>The real server in this process on a loopback port, with a folder of its own, and a client that is the owner.</summary>
internal sealed class ServerUnderTest : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServerUnderTest(WebApplication app, string data)
    {
        (_app, Data) = (app, data);
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data, "client.json")));
        Client = new HttpClient { BaseAddress = new Uri(_app.Urls.First() + "/api/v1/") };
        Client.DefaultRequestHeaders.Authorization = new("Bearer", file.RootElement.GetProperty("token").GetString()!);
    }

    public string Data { get; }
    public HttpClient Client { get; }

    /// <summary>Arguments of a quiet server on a free port.</summary>
    public static string[] Arguments(string data, params string[] settings) =>
        ["--urls=http://127.0.0.1:0", $"--Data={data}", "--Logging:LogLevel:Default=Error", "--Limits:CreationsPerMinute=0", "--Limits:CreationsPerMinutePerAddress=0", "--Limits:ChangesPerMinute=0", .. settings.Select(s => "--" + s)];

    public static async Task<ServerUnderTest> StartAsync(string data, Action<IServiceCollection>? services = null, params string[] settings)
    {
        var app = Warren.Server.Program.Build(Arguments(data, settings), builder => services?.Invoke(builder.Services));
        await app.StartWarrenAsync();
        return new ServerUnderTest(app, data);
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public WarrenDb Db() => Get<IDbContextFactory<WarrenDb>>().CreateDbContext();

    /// <summary>POSTs and returns the accepted operation.</summary>
    public async Task<Operation> PostAsync(string path, object body) => await AcceptedAsync(await Client.PostAsJsonAsync(path, body, WarrenJson.Options));

    public async Task<Operation> DeleteAsync(string path) => await AcceptedAsync(await Client.DeleteAsync(path));

    /// <summary>Waits until an operation has succeeded; anything else stops the run.</summary>
    public async Task SucceedAsync(Operation operation)
    {
        while (true)
        {
            var now = (await Client.GetFromJsonAsync<Operation>($"operations/{operation.Id}?wait=60", WarrenJson.Options))!;
            if (now.Status == OperationStatus.Succeeded) return;
            if (now.Ended) throw new InvalidOperationException($"{now.Kind} ended {now.Status}: {now.Problem?.Detail}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task<Operation> AcceptedAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            if ((int)answer.StatusCode != 202) throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
            return (await answer.Content.ReadFromJsonAsync<Operation>(WarrenJson.Options))!;
        }
    }
}

/// <summary>A temporary folder that goes with its user. Its path is short: unix sockets lie below it.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wb-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
