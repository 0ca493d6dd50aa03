using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Hypervisors.Fake;
using Warren.Server.Tests.Hosting;

namespace Warren.Soak.Tests;

/// <summary>
/// Many actors ask one server for everything at random, while calls of the hypervisor take time and fail, the clock jumps
/// past leases and the server is stopped and started with work in flight. In the end everything must add up.
/// </summary>
public abstract class OperationCampaign(PostgresCluster? cluster)
{
    private static readonly string[] Calls = ["Create", "Start", "Kill", "Delete", "Observe", "Resize", "Stop"];
    private static readonly HypervisorErrorKind[] Kinds = [HypervisorErrorKind.Busy, HypervisorErrorKind.Unreachable, HypervisorErrorKind.Rejected];

    private static int Rounds => Campaign.IsFull ? 60 : 2;

    private static int ActionsPerRound => Campaign.IsFull ? 60 : 30;

    [Fact]
    public async Task Whatever_happens_everything_ends_once_and_adds_up()
    {
        var dice = new Dice(Campaign.Seed());
        var data = Directory.CreateTempSubdirectory("warren-soak-").FullName;
        var postgres = cluster is null ? null : await cluster.CreateDatabaseAsync();
        var clock = new ManualClock();
        var (machines, oddities) = (new ConcurrentDictionary<string, byte>(StringComparer.Ordinal), new ConcurrentQueue<string>());
        var server = await StartAsync(postgres, data, clock);
        try
        {
            var image = await server.AddImageAsync();
            var actors = Enumerable.Range(0, 4).Select(_ => new Actor(dice.Fork(), machines, oddities, image)).ToList();
            for (var round = 1; round <= Rounds; round++)
            {
                await RoundAsync(server, actors, dice);
                if (round % 5 == 0 || !Campaign.IsFull)
                {
                    // With work in flight: what was begun is finished by the next one.
                    await server.DisposeAsync();
                    server = await StartAsync(postgres, data, clock);
                }

                if (round % 10 == 0 || round == Rounds)
                {
                    await Invariants.SettleAsync(server);
                    await Invariants.HoldAsync(server);
                }
            }

            oddities.ShouldBeEmpty();
            await ReportAsync(server, actors);
            await DeleteAllAsync(server);
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task RoundAsync(TestServer server, List<Actor> actors, Dice dice)
    {
        var faults = ((FakeHypervisor)server.Get<IHypervisor>()).Faults;
        var acting = actors.Select(async actor =>
        {
            for (var i = 0; i < ActionsPerRound / actors.Count; i++) await actor.ActAsync(server.Client);
        }).ToList();
        var nature = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(150));
            while (acting.Exists(a => !a.IsCompleted))
            {
                if (dice.Chance(40)) faults.Fail(dice.Pick(Calls), dice.Pick(Kinds), 1 + dice.Roll(2));
                // Past a lease (15 s), or past a time to live.
                if (dice.Chance(15)) server.Clock.Advance(TimeSpan.FromSeconds(16 + dice.Roll(30)));
                await timer.WaitForNextTickAsync();
            }
        });
        await Task.WhenAll([.. acting, nature]);
    }

    private static Task<TestServer> StartAsync(string? postgres, string data, ManualClock clock)
        => TestServer.StartAsync(postgres, data, clock: clock, settings:
        [
            "Fake:Delays:Create=00:00:00.060", "Fake:Delays:Start=00:00:00.030", "Fake:Delays:Delete=00:00:00.030",
            "Fake:ShutdownTakes=00:00:01", "Ports:CoolDownSeconds=60", "Machines:LeftoverSearchSeconds=1", "Limits:CreationsPerMinute=0", "Limits:CreationsPerMinutePerAddress=0", "Limits:ChangesPerMinute=0", "Logging:LogLevel:Default=None",
        ]);

    private static async Task ReportAsync(TestServer server, List<Actor> actors)
    {
        await using var db = server.Db();
        var ended = await db.Operations.GroupBy(o => new { o.Kind, o.Status }).Select(g => new { g.Key.Kind, g.Key.Status, Count = g.Count() }).ToListAsync();
        Campaign.Say($"{actors.Sum(a => a.Accepted)} accepted, {actors.Sum(a => a.Refused)} refused; {ended.Sum(e => e.Count)} operations: "
            + string.Join(", ", ended.OrderBy(e => e.Kind).Select(e => $"{e.Kind} {e.Status.ToString().ToLowerInvariant()} {e.Count}")));
    }

    /// <summary>And in the end nothing is left when everything is deleted.</summary>
    private static async Task DeleteAllAsync(TestServer server)
    {
        await using var db = server.Db();
        foreach (var id in await db.Machines.Select(m => m.Id).ToListAsync())
        {
            using var answer = await server.Client.DeleteAsync($"machines/{id}");
        }

        await Invariants.SettleAsync(server);
        (await db.Machines.CountAsync()).ShouldBe(0);
        (await db.PortForwards.CountAsync()).ShouldBe(0);
        (await server.Get<IHypervisor>().ListAsync(CancellationToken.None)).ShouldBeEmpty();
    }
}

public sealed class SqliteOperationCampaign() : OperationCampaign(null);

public sealed class PostgresOperationCampaign(PostgresCluster cluster) : OperationCampaign(cluster);
