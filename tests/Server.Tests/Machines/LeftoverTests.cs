using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>What a stalled step makes after its operation was ended by another worker.</summary>
public abstract class LeftoverTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task What_comes_back_after_its_deletion_is_removed_and_what_is_not_ours_stays()
    {
        await using var server = await StartAsync(settings: "Machines:LeftoverSearchSeconds=1");
        await server.AddImageAsync();
        var kept = await server.LaunchAsync(new LaunchRequest { Name = "kept", Image = "tiny" });
        var gone = await server.LaunchAsync(new LaunchRequest { Name = "gone", Image = "tiny" });
        (await server.EndAsync(await server.DeleteAsync("machines/gone"))).Status.ShouldBe(OperationStatus.Succeeded);

        // As by a worker that stalled in "create", or by another server that shares the host.
        var host = server.Get<IHypervisor>();
        const string Others = "01another0servers0machine0";
        foreach (var id in new[] { gone.Id, Others }) await host.CreateAsync(Definition(id), new Progress<double>(), CancellationToken.None);
        await Eventually.BecomesAsync(async () => (await host.ListAsync(CancellationToken.None)).All(m => m.MachineId != gone.Id), "what was deleted is removed");
        (await host.ListAsync(CancellationToken.None)).Select(m => m.MachineId).ShouldBe([kept.Id, Others], ignoreOrder: true);
    }

    private static MachineDefinition Definition(string id) => new()
    {
        Id = id,
        Name = "left",
        MemoryMiB = 128,
        Cpus = 1,
        DiskGiB = 1,
        // The imitated host asks only whether the file is there.
        Boot = new BootMedium(typeof(LeftoverTests).Assembly.Location, "qcow2"),
        MacAddress = "52:54:00:00:00:01",
    };
}

public sealed class SqliteLeftoverTests() : LeftoverTests(null);

public sealed class PostgresLeftoverTests(PostgresCluster cluster) : LeftoverTests(cluster);
