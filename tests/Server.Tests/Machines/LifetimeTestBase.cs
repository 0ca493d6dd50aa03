using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Machines;

/// <summary>What tests of machines that end by themselves have in common.</summary>
public abstract class LifetimeTestBase(PostgresCluster? cluster) : HostTestBase(cluster)
{
    /// <summary>A server that looks for idle machines all the time, with an image to launch from.</summary>
    internal async Task<TestServer> ReadyAsync()
    {
        var server = await StartAsync("Machines:ActivityEvery=00:00:00.05");
        await server.AddImageAsync();
        return server;
    }

    internal static FakeHypervisor Imitation(TestServer server) => (FakeHypervisor)server.Get<IHypervisor>();

    internal static LaunchRequest Wish(string name = "m") => new() { Name = name, Image = "tiny", MemoryMiB = 256, DiskGiB = 5 };

    internal static IdlePolicy After(int seconds, LifeAction action = LifeAction.Stop) => new() { AfterSeconds = seconds, Action = action };

    internal static Task BecomesAsync(TestServer server, Func<Machine, bool> condition, string what, string name = "m")
        => Eventually.BecomesAsync(async () => condition(await MachineAsync(server, name)), what, tell: async () => JsonSerializer.Serialize(await MachineAsync(server, name), WarrenJson.Options));

    /// <summary>Waits until the sweep has looked so many times more.</summary>
    internal static async Task LooksAsync(TestServer server, int looks = 3)
    {
        int Count() => Imitation(server).Faults.Calls.Count(c => c == "LookActivity");
        var before = Count();
        await Eventually.BecomesAsync(() => Task.FromResult(Count() >= before + looks), "the sweep looks");
    }

    internal static async Task<Machine> PatchAsync(TestServer server, EditMachineRequest request, string name = "m")
    {
        using var answer = await server.Client.PatchAsJsonAsync($"machines/{name}", request, WarrenJson.Options);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(200, text);
        return JsonSerializer.Deserialize<Machine>(text, WarrenJson.Options)!;
    }

    internal static async Task<Machine> KeepAsync(TestServer server, KeepRequest? request = null, string name = "m")
    {
        using var answer = await server.Client.PostAsJsonAsync($"machines/{name}/keep", request ?? new KeepRequest(), WarrenJson.Options);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode).ShouldBe(200, text);
        return JsonSerializer.Deserialize<Machine>(text, WarrenJson.Options)!;
    }

    /// <summary>The operations of a kind that were asked for on a machine, oldest first.</summary>
    internal static async Task<List<Operation>> OperationsAsync(TestServer server, string kind, string name = "m")
        => [.. (await server.Client.GetFromJsonAsync<Page<Operation>>($"operations?subject={name}", WarrenJson.Options))!.Items.Where(o => o.Kind == kind).OrderBy(o => o.Id)];

    /// <summary>How many events of a type there were of one machine: others, a witness that lives for a minute among them, are warned of, too.</summary>
    internal static async Task<int> EventsAsync(TestServer server, string type, string name = "m")
    {
        var id = (await MachineAsync(server, name)).Id;
        await using var db = server.Db();
        return await db.Events.CountAsync(e => e.Type == type && e.SubjectId == id);
    }
}
