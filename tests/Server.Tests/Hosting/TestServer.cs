using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Images;
using Warren.Server.Web;

namespace Warren.Server.Tests.Hosting;

/// <summary>The real server on a loopback port with the fake hypervisor, a folder of its own, and a client that is the owner.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly bool _ownsData;
    private int _ended;

    private TestServer(WebApplication app, string data, bool ownsData, ManualClock clock)
    {
        (_app, Data, _ownsData, Clock) = (app, data, ownsData, clock);
        Url = _app.Urls.First();
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data, "client.json")));
        Token = file.RootElement.GetProperty("token").GetString()!;
        Client = Anonymous();
        Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
    }

    public string Url { get; }
    public string Data { get; }
    public string Token { get; }
    public ManualClock Clock { get; }
    public HttpClient Client { get; }

    /// <summary>Starts a server; <paramref name="settings"/> are <c>Section:Name=value</c>.</summary>
    public static async Task<TestServer> StartAsync(
        string? postgres = null, string? data = null, Action<IServiceCollection>? services = null, ManualClock? clock = null, params string[] settings)
    {
        var folder = data ?? Directory.CreateTempSubdirectory("warren-").FullName;
        var time = clock ?? new ManualClock();
        string[] args =
        [
            "--urls=http://127.0.0.1:0", $"--Data={folder}", "--Hypervisor=fake", "--Logging:LogLevel:Default=Warning",
            .. postgres is null ? Array.Empty<string>() : [$"--Database:Postgres={postgres}"],
            .. settings.Select(s => "--" + s),
        ];
        var app = Program.Build(args, builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time));
            services?.Invoke(builder.Services);
        });
        await app.StartWarrenAsync();
        return new TestServer(app, folder, data is null, time);
    }

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public WarrenDb Db() => Get<IDbContextFactory<WarrenDb>>().CreateDbContext();

    public HttpClient Anonymous() => new() { BaseAddress = new Uri(Url + "/api/v1/") };

    /// <summary>Puts a small ready image into the store, so that machines can be launched from it.</summary>
    public async Task<string> AddImageAsync(string name = "tiny", string format = "qcow2")
    {
        var content = RandomNumberGenerator.GetBytes(512);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        var store = Get<ImageStore>();
        var incoming = Path.Combine(store.IncomingFolder("test"), "disk");
        await File.WriteAllBytesAsync(incoming, content);
        store.Put(incoming, sha256);
        await using var db = Db();
        var (owner, project) = (await db.Users.SingleAsync(u => u.Role == UserRole.Owner), await db.Projects.SingleAsync(p => p.Name == Warren.Server.Access.FirstStart.Project));
        var row = new ImageRow
        {
            Id = Ids.New(Clock),
            Name = name,
            OwnerId = owner.Id,
            ProjectId = project.Id,
            State = ImageState.Ready,
            Sha256 = sha256,
            Format = format,
            SizeBytes = content.Length,
            Source = "test",
            DefaultUser = "root",
            MinimumMemoryMib = 128,
            DefaultMemoryMib = 192,
            Features = "agent ssh serial screen",
            CreatedAt = Clock.GetUtcNow(),
        };
        db.Images.Add(row);
        await db.SaveChangesAsync();
        return row.Id;
    }

    /// <summary>POSTs and returns the accepted operation.</summary>
    public async Task<Operation> PostAsync(string path, object? body = null)
    {
        using var answer = await Client.PostAsJsonAsync(path, body ?? new { }, WarrenJson.Options);
        return await AcceptedAsync(answer);
    }

    public async Task<Operation> DeleteAsync(string path)
    {
        using var answer = await Client.DeleteAsync(path);
        return await AcceptedAsync(answer);
    }

    /// <summary>Waits for an operation's end and returns it.</summary>
    public async Task<Operation> EndAsync(Operation operation)
    {
        for (var i = 0; i < 60; i++)
        {
            var now = await Client.GetFromJsonAsync<Operation>($"operations/{operation.Id}?wait=5", WarrenJson.Options);
            if (now!.Ended) return now;
        }

        throw new TimeoutException($"{operation.Kind} did not end");
    }

    /// <summary>Launches a machine and waits until the launch has succeeded.</summary>
    public async Task<Machine> LaunchAsync(LaunchRequest request)
    {
        var operation = await EndAsync(await PostAsync("machines", request));
        operation.Status.ShouldBe(OperationStatus.Succeeded, operation.Problem?.Detail);
        return (await Client.GetFromJsonAsync<Machine>($"machines/{operation.SubjectId}", WarrenJson.Options))!;
    }

    public async ValueTask DisposeAsync()
    {
        // Some end one before its turn.
        if (Interlocked.Exchange(ref _ended, 1) == 1) return;
        Client.Dispose();
        await using var db = Db();
        var connection = db.Database.GetDbConnection();
        await _app.StopAsync();
        await _app.DisposeAsync();
        // Their pools outlive the server, and hold its files and connections.
        if (connection is SqliteConnection file) SqliteConnection.ClearPool(file);
        else if (connection is NpgsqlConnection server) NpgsqlConnection.ClearPool(server);
        if (_ownsData) Directory.Delete(Data, recursive: true);
    }

    private static async Task<Operation> AcceptedAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(202, text);
        var operation = JsonSerializer.Deserialize<Operation>(text, WarrenJson.Options)!;
        answer.Headers.Location!.ToString().ShouldBe($"/api/v1/operations/{operation.Id}");
        return operation;
    }
}
