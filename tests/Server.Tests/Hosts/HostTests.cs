using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors.Fake;
using Warren.Server.Hosts;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Hosts;

/// <summary>What tests of hosts have in common.</summary>
public abstract class HostTestBase(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    internal Task<TestServer> StartAsync(params string[] settings) => StartAsync(Rig.Add, settings);

    /// <summary>Adds hosts and waits until they can be used.</summary>
    internal static async Task AddAsync(TestServer server, string kind, params string[] names)
    {
        foreach (var name in names)
            (await AddAsync(server, new AddHostRequest { Name = name, Hypervisor = kind, Settings = kind == "rig" ? Settings(("address", "a")) : Settings() })).ShouldNotBeNull();
        foreach (var name in names) await BecomesAsync(server, name, h => h.Usable, "usable");
    }

    internal static async Task<Host> AddAsync(TestServer server, AddHostRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync("hosts", request, WarrenJson.Options);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(201, text);
        return JsonSerializer.Deserialize<Host>(text, WarrenJson.Options)!;
    }

    internal static async Task<Host> GetAsync(TestServer server, string host) => (await server.Client.GetFromJsonAsync<Host>($"hosts/{host}", WarrenJson.Options))!;

    internal static async Task<Machine> MachineAsync(TestServer server, string name) => (await server.Client.GetFromJsonAsync<Machine>($"machines/{name}", WarrenJson.Options))!;

    internal static Task BecomesAsync(TestServer server, string host, Func<Host, bool> condition, string what)
        => Eventually.BecomesAsync(async () => condition(await GetAsync(server, host)), $"{host}: {what}", tell: async () => JsonSerializer.Serialize((await GetAsync(server, host)).Status, WarrenJson.Options));

    internal static Task BecomesAsync(TestServer server, string machine, MachineState state)
        => Eventually.BecomesAsync(async () => (await MachineAsync(server, machine)).State == state, $"{machine} becomes {state}", tell: async () => JsonSerializer.Serialize(await MachineAsync(server, machine), WarrenJson.Options));

    internal static async Task<T> DriverAsync<T>(TestServer server, string host) where T : class
        => (await server.Get<HostDirectory>().FindAsync(host, TestContext.Current.CancellationToken)).Inner.ShouldBeOfType<T>();

    internal static async Task<FakeFaults> FaultsAsync(TestServer server, string host) => (await DriverAsync<FakeHypervisor>(server, host)).Faults;

    internal static Dictionary<string, string> Settings(params (string Name, string Value)[] settings) => settings.ToDictionary(s => s.Name, s => s.Value);

    /// <summary>Sends JSON and expects a refusal.</summary>
    internal static async Task<Problem> RefusedAsync(TestServer server, HttpMethod method, string path, string? json, int status)
    {
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        using var answer = await server.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(status, text);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        return JsonSerializer.Deserialize<Problem>(text, WarrenJson.Options)!;
    }

    internal static async Task SucceedsAsync(TestServer server, string path, object? body = null)
    {
        var ended = await server.EndAsync(await server.PostAsync(path, body));
        ended.Status.ShouldBe(OperationStatus.Succeeded, ended.Problem?.Detail);
    }
}
