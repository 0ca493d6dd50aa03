using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Pools;

/// <summary>What tests of pools have in common.</summary>
public abstract class PoolTestBase(PostgresCluster? cluster) : HostTestBase(cluster)
{
    /// <summary>A server with a pool <c>p</c> that has as many spares as it wants.</summary>
    internal async Task<TestServer> WithPoolAsync(CreatePoolRequest request, params string[] settings)
    {
        var server = await StartAsync(settings);
        await server.AddImageAsync();
        await CreateAsync(server, request);
        await FullAsync(server);
        return server;
    }

    internal static CreatePoolRequest Spec(int target, int? max = null) => new()
    {
        Name = "p",
        Target = target,
        Max = max,
        Machine = new LaunchRequest { Image = "tiny", MemoryMiB = 512, DiskGiB = 5 },
    };

    internal static async Task<Pool> CreateAsync(TestServer server, CreatePoolRequest request)
    {
        using var answer = await server.Client.PostAsJsonAsync("pools", request, WarrenJson.Options);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(201, text);
        return JsonSerializer.Deserialize<Pool>(text, WarrenJson.Options)!;
    }

    internal static async Task<Pool> PoolAsync(TestServer server, string name = "p") => (await server.Client.GetFromJsonAsync<Pool>($"pools/{name}", WarrenJson.Options))!;

    internal static Task PoolBecomesAsync(TestServer server, Func<Pool, bool> condition, string what)
        => Eventually.BecomesAsync(async () => condition(await PoolAsync(server)), "the pool: " + what, tell: async () => JsonSerializer.Serialize(await PoolAsync(server), WarrenJson.Options));

    internal static Task FullAsync(TestServer server) => PoolBecomesAsync(server, p => p.Spares == p.Target && p.Filling == 0 && p.Leaving == 0, "is full");

    /// <summary>A claim, or null when it was refused for want of a spare.</summary>
    internal static async Task<Lease?> TryClaimAsync(TestServer server, int wait = 0, ClaimRequest? request = null, string? key = null)
    {
        using var answer = await PostClaimAsync(server, wait, request, key);
        var text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.ServiceUnavailable) answer.StatusCode.ShouldBe(HttpStatusCode.Created, text);
        return answer.StatusCode == HttpStatusCode.Created ? JsonSerializer.Deserialize<Lease>(text, WarrenJson.Options) : null;
    }

    internal static async Task<Lease> ClaimAsync(TestServer server, int wait = 30, ClaimRequest? request = null, string? key = null)
        => (await TryClaimAsync(server, wait, request, key)).ShouldNotBeNull();

    internal static async Task<HttpResponseMessage> PostClaimAsync(TestServer server, int wait = 0, ClaimRequest? request = null, string? key = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, $"pools/p/claims?wait={wait}") { Content = JsonContent.Create(request ?? new ClaimRequest(), options: WarrenJson.Options) };
        if (key is not null) message.Headers.Add("Idempotency-Key", key);
        return await server.Client.SendAsync(message);
    }

    internal static async Task<Lease> LeaseAsync(TestServer server, string lease) => (await server.Client.GetFromJsonAsync<Lease>($"claims/{lease}", WarrenJson.Options))!;

    internal static async Task<bool> IsGoneAsync(TestServer server, string machine)
    {
        using var answer = await server.Client.GetAsync($"machines/{machine}");
        return answer.StatusCode == HttpStatusCode.NotFound
            && (await server.Get<IHypervisor>().ListAsync(TestContext.Current.CancellationToken)).All(m => m.MachineId != machine);
    }

    internal static FakeHypervisor Imitation(TestServer server) => (FakeHypervisor)server.Get<IHypervisor>();
}
