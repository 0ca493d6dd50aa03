using System.Net.Http.Json;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Hosts;

namespace Warren.Server.Tests.Images.Golden;

/// <summary>What tests of golden images and forks have in common: a server with one running machine, <c>m</c>.</summary>
public abstract class GoldenTestBase(PostgresCluster? cluster) : HostTestBase(cluster)
{
    internal async Task<TestServer> WithMachineAsync(params string[] settings)
    {
        var server = await StartAsync(settings);
        await server.AddImageAsync();
        await server.LaunchAsync(new LaunchRequest { Name = "m", Image = "tiny", MemoryMiB = 256, Cpus = 1, Forwards = [new ForwardRequest { GuestPort = 80 }] });
        return server;
    }

    internal static async Task<Operation> BuildAsync(TestServer server, GoldenImageKind kind, string name = "g", string? prepare = null, bool byHand = false)
        => await server.EndAsync(await AskAsync(server, kind, name, prepare, byHand));

    internal static Task<Operation> AskAsync(TestServer server, GoldenImageKind kind, string name = "g", string? prepare = null, bool byHand = false)
        => server.PostAsync("golden-images", new CreateGoldenImageRequest { Name = name, Machine = "m", Kind = kind, Prepare = prepare, MarkReadyByHand = byHand });

    internal static async Task MakeAsync(TestServer server, GoldenImageKind kind, string name = "g", string? prepare = null)
        => (await BuildAsync(server, kind, name, prepare)).ShouldSatisfyAllConditions(o => o.Status.ShouldBe(OperationStatus.Succeeded, o.Problem?.Detail), o => o.Kind.ShouldBe("golden.build"));

    internal static async Task<GoldenImage> GoldenAsync(TestServer server, string name = "g")
        => (await server.Client.GetFromJsonAsync<GoldenImage>($"golden-images/{name}", WarrenJson.Options))!;

    internal static async Task<IReadOnlyList<GoldenImage>> AllAsync(TestServer server)
        => (await server.Client.GetFromJsonAsync<Page<GoldenImage>>("golden-images", WarrenJson.Options))!.Items;

    internal static async Task<IReadOnlyList<Machine>> MachinesAsync(TestServer server)
        => (await server.Client.GetFromJsonAsync<Page<Machine>>("machines?limit=200", WarrenJson.Options))!.Items;

    internal static FakeHypervisor Host(TestServer server) => (FakeHypervisor)server.Get<IHypervisor>();

    internal static FakeFaults Faults(TestServer server) => Host(server).Faults;

    internal static Task WriteAsync(TestServer server, string machineId, string path, string text)
        => Host(server).Guest!.WriteFileAsync(machineId, path, Encoding.UTF8.GetBytes(text), default);

    internal static async Task<string?> ReadAsync(TestServer server, string machineId, string path)
        => await Host(server).Guest!.ReadFileAsync(machineId, path, 1 << 16, default) is { } bytes ? Encoding.UTF8.GetString(bytes).Trim() : null;

    /// <summary>What the host has: machines and warm images, by id.</summary>
    internal static async Task<string[]> OnHostAsync(TestServer server)
        => [.. (await Host(server).ListAsync(default)).Select(m => m.MachineId!), .. await Host(server).Forks!.ListAsync(default)];

    /// <summary>Only the machine <c>m</c> is there, and in the database nothing else either.</summary>
    internal static async Task NothingElseIsLeftAsync(TestServer server)
    {
        var machine = await MachineAsync(server, "m");
        (await OnHostAsync(server)).ShouldBe([machine.Id]);
        await using var db = server.Db();
        (await db.Machines.Select(m => m.Name).ToListAsync()).ShouldBe(["m"]);
        (await db.PortForwards.Where(f => f.MachineId != machine.Id).CountAsync()).ShouldBe(0);
        (await db.Operations.CountAsync(o => o.Live)).ShouldBe(0);
    }
}
