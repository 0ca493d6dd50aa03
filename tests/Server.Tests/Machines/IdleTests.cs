using System.Net.WebSockets;
using Warren.Contracts;
using Warren.Server.Tests.Hosting;
using Warren.Server.Tests.Pools;

namespace Warren.Server.Tests.Machines;

/// <summary>Machines that nobody uses, by the manual clock, on both databases.</summary>
public abstract class IdleTests(PostgresCluster? cluster) : LifetimeTestBase(cluster)
{
    private readonly PostgresCluster? _cluster = cluster;

    [Fact]
    public async Task A_machine_that_nobody_uses_is_stopped_after_one_warning()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(Wish() with { Idle = After(1800) });
        machine.Idle.ShouldBe(After(1800));
        await BecomesAsync(server, m => m.LastActiveAt is not null, "is looked at");
        // A look that met its launch may still note it.
        await LooksAsync(server);
        var last = (await MachineAsync(server, "m")).LastActiveAt!.Value;
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        await LooksAsync(server);
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.Warning.ShouldBeNull(), m => m.LastActiveAt.ShouldBe(last), m => m.State.ShouldBe(MachineState.Running));

        // A tenth of half an hour beforehand.
        server.Clock.Advance(TimeSpan.FromMinutes(7.5));
        await BecomesAsync(server, m => m.Warning == new EndWarning(EndCause.Idle, LifeAction.Stop, last.AddSeconds(1800)), "is warned of");
        await LooksAsync(server);
        (await EventsAsync(server, "machine.idle")).ShouldBe(1);
        server.Clock.Advance(TimeSpan.FromMinutes(3));
        await BecomesAsync(server, m => m is { State: MachineState.Stopped, Operation: null }, "is stopped");
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.Warning.ShouldBeNull(), m => m.LastActiveAt.ShouldBeNull(), m => m.Idle.ShouldNotBeNull("it has its policy for the next time"));
        (await OperationsAsync(server, "machine.stop")).Single().Message.ShouldBe("Nobody had used it for 30 min.");

        // Its time begins anew.
        await SucceedsAsync(server, "machines/m/start");
        await LooksAsync(server);
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.State.ShouldBe(MachineState.Running), m => m.Warning.ShouldBeNull());
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("connection")]
    [InlineData("console")]
    [InlineData("keep")]
    public async Task Use_takes_the_warning_back(string use)
    {
        await using var server = await ReadyAsync();
        var id = (await server.LaunchAsync(Wish() with { Idle = After(600, LifeAction.Delete) })).Id;
        await BecomesAsync(server, m => m.LastActiveAt is not null, "is looked at");
        server.Clock.Advance(TimeSpan.FromMinutes(9.5));
        await BecomesAsync(server, m => m.Warning is { Cause: EndCause.Idle, Action: LifeAction.Delete }, "is warned of");
        using var console = new ClientWebSocket();
        switch (use)
        {
            case "cpu":
                Imitation(server).Uses.Work(id, cpus: 0.5, server.Clock.GetUtcNow());
                break;
            case "connection":
                Imitation(server).Uses.Connect(id, 1);
                break;
            case "console":
                console.Options.SetRequestHeader("Authorization", "Bearer " + server.Token);
                await console.ConnectAsync(new Uri(server.Url.Replace("http://", "ws://", StringComparison.Ordinal) + "/api/v1/machines/m/serial"), TestContext.Current.CancellationToken);
                break;
            default:
                (await KeepAsync(server)).Warning.ShouldBeNull();
                break;
        }

        await BecomesAsync(server, m => m.Warning is null, "is in use");
        server.Clock.Advance(TimeSpan.FromMinutes(8));
        // Nothing is asked of a host about a machine whose console is open.
        if (use == "keep") await LooksAsync(server);
        else await BecomesAsync(server, m => m.LastActiveAt > server.Clock.GetUtcNow().AddMinutes(-1), "is still in use");
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.State.ShouldBe(MachineState.Running), m => m.Warning.ShouldBeNull());
        (await OperationsAsync(server, "machine.delete")).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_survives_a_restart_and_is_done_once_by_two_servers()
    {
        var data = Directory.CreateTempSubdirectory("warren-idle-").FullName;
        var postgres = _cluster is null ? null : await _cluster.CreateDatabaseAsync();
        var clock = new ManualClock();
        try
        {
            await using (var server = await TestServer.StartAsync(postgres, data, clock: clock, settings: "Machines:ActivityEvery=00:00:00.05"))
            {
                await server.AddImageAsync();
                await server.LaunchAsync(Wish() with { Idle = After(1800) });
                await BecomesAsync(server, m => m.LastActiveAt is not null, "is looked at");
            }

            clock.Advance(TimeSpan.FromHours(2));
            await using (var one = await TestServer.StartAsync(postgres, data, clock: clock, settings: "Machines:ActivityEvery=00:00:00.05"))
            await using (var other = await TestServer.StartAsync(postgres, data, clock: clock, settings: "Machines:ActivityEvery=00:00:00.05"))
            {
                await BecomesAsync(one, m => m.Warning is not null, "is warned of before anything happens");
                (await MachineAsync(one, "m")).Warning!.At.ShouldBeGreaterThan(clock.GetUtcNow().AddSeconds(30), "a minute is everybody's");
                await Task.WhenAll(LooksAsync(one), LooksAsync(other));
                clock.Advance(TimeSpan.FromSeconds(61));
                await BecomesAsync(other, m => m is { State: MachineState.Stopped, Operation: null }, "is stopped");
                await Task.WhenAll(SeenAsync(one), SeenAsync(other));
                (await OperationsAsync(one, "machine.stop")).Count.ShouldBe(1);
                (await EventsAsync(one, "machine.idle")).ShouldBe(1);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }

        // Nobody looks at a machine that is off; another one that runs is looked at by both.
        static async Task SeenAsync(TestServer server)
        {
            var name = $"n{server.Url.Split(':')[^1]}";
            await server.LaunchAsync(Wish(name) with { Idle = After(1800) });
            await LooksAsync(server);
        }
    }

    [Fact]
    public async Task A_host_that_cannot_tell_takes_no_such_machine_and_machines_of_pools_have_no_policy()
    {
        await using var server = await ReadyAsync();
        await AddAsync(server, "rig", "a");
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","host":"a","idle":{"afterSeconds":600}}""", 422)).ShouldSatisfyAllConditions(
            p => p.Type.ShouldEndWith("unsupported"), p => p.Detail.ShouldBe("Host 'a' cannot tell whether machines are used: the driver rig cannot do this."));
        (await server.LaunchAsync(Wish() with { Idle = After(600) })).Host.ShouldBe("local", "the other one is passed over");
        await server.LaunchAsync(Wish("n") with { Host = "a" });
        (await RefusedAsync(server, HttpMethod.Patch, "machines/n", """{"idle":{"afterSeconds":600}}""", 422)).Detail!.ShouldContain("the driver rig");
        (await PatchAsync(server, new EditMachineRequest { Idle = After(0) })).Idle.ShouldBeNull();
        (await RefusedAsync(server, HttpMethod.Post, "pools", """{"name":"p","target":1,"machine":{"image":"tiny","ttlAction":"stop","idle":{"afterSeconds":600}}}""", 400)).Errors!.Keys
            .ShouldBe(["machine.ttlAction", "machine.idle"], ignoreOrder: true);

        await PoolTestBase.CreateAsync(server, PoolTestBase.Spec(1));
        await PoolTestBase.FullAsync(server);
        var lease = await PoolTestBase.ClaimAsync(server, request: new ClaimRequest { TtlSeconds = 600 });
        (await RefusedAsync(server, HttpMethod.Post, $"machines/{lease.MachineName}/keep", "{}", 409)).Detail!.ShouldContain("Renew that");
        (await RefusedAsync(server, HttpMethod.Patch, $"machines/{lease.MachineName}", """{"idle":{"afterSeconds":600}}""", 409)).Detail!.ShouldContain("lease");
        server.Clock.Advance(TimeSpan.FromSeconds(545));
        await BecomesAsync(server, m => m.Warning is { Cause: EndCause.Expiry, Action: LifeAction.Delete }, "the end of a lease is warned of", lease.MachineName);
    }

    [Fact]
    public async Task A_host_that_answers_late_makes_a_resting_machine_no_used_one()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(Wish() with { Idle = After(1800) });
        await BecomesAsync(server, m => m.LastActiveAt is not null, "is looked at");
        await LooksAsync(server);
        var last = (await MachineAsync(server, "m")).LastActiveAt!.Value;

        // What it counts then is of the end of these minutes; the question was of their beginning.
        var answer = new TaskCompletionSource();
        await Imitation(server).Faults.Hold("LookActivity", answer.Task);
        server.Clock.Advance(TimeSpan.FromMinutes(20));
        answer.SetResult();
        await LooksAsync(server);
        (await MachineAsync(server, "m")).LastActiveAt.ShouldBe(last);
    }

    [Fact]
    public async Task A_host_that_is_silent_ends_nothing()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(Wish() with { Idle = After(600) });
        await BecomesAsync(server, m => m.LastActiveAt is not null, "is looked at");
        Imitation(server).Faults.Drop("LookActivity");
        server.Clock.Advance(TimeSpan.FromHours(1));
        await LooksAsync(server);
        (await MachineAsync(server, "m")).Warning.ShouldBeNull();
        Imitation(server).Faults.Clear();
        await BecomesAsync(server, m => m.Warning is not null, "is warned of once the host answers");
    }
}

public sealed class SqliteIdleTests() : IdleTests(null);

public sealed class PostgresIdleTests(PostgresCluster cluster) : IdleTests(cluster);
