using Warren.Contracts;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>Machines that start with their host, where the server is what starts them; on both databases.</summary>
public abstract class StartWithHostTests(PostgresCluster? cluster) : LifetimeTestBase(cluster)
{
    private readonly PostgresCluster? _cluster = cluster;

    [Fact]
    public async Task What_ran_and_is_marked_starts_with_the_host_and_nothing_else_does()
    {
        var data = Directory.CreateTempSubdirectory("warren-boot-").FullName;
        var postgres = _cluster is null ? null : await _cluster.CreateDatabaseAsync();
        try
        {
            FakeHypervisor host;
            await using (var server = await TestServer.StartAsync(postgres, data))
            {
                await server.AddImageAsync();
                foreach (var name in new[] { "marked", "plain", "stopped" }) await server.LaunchAsync(Wish(name));
                foreach (var name in new[] { "marked", "stopped" }) await SucceedsAsync(server, $"machines/{name}/autostart", new AutostartRequest { On = true });
                await SucceedsAsync(server, "machines/stopped/stop", new StopRequest { Force = true });
                host = Imitation(server);
            }

            // Rows say that two of them run.
            host.RestartHost();

            await using (var server = await TestServer.StartAsync(postgres, data))
            {
                await Eventually.BecomesAsync(async () => (await OperationsAsync(server, "machine.start", "marked")).SingleOrDefault() is { Ended: true }, "it is started");
                (await OperationsAsync(server, "machine.start", "marked")).Single().ShouldSatisfyAllConditions(
                    o => o.Status.ShouldBe(OperationStatus.Succeeded, o.Problem?.Detail), o => o.Message.ShouldBe("Its host had started again."));
                (await MachineAsync(server, "marked")).State.ShouldBe(MachineState.Running);
                await BecomesAsync(server, m => m.State == MachineState.Stopped, "is seen to be off", "plain");
                foreach (var name in new[] { "plain", "stopped" }) (await OperationsAsync(server, "machine.start", name)).ShouldBeEmpty();
                (await MachineAsync(server, "stopped")).State.ShouldBe(MachineState.Stopped);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}

public sealed class SqliteStartWithHostTests() : StartWithHostTests(null);

public sealed class PostgresStartWithHostTests(PostgresCluster cluster) : StartWithHostTests(cluster);
