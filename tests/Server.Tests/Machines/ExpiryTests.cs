using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Machines;

/// <summary>Machines whose time to live is over, by the manual clock, on both databases.</summary>
public abstract class ExpiryTests(PostgresCluster? cluster) : LifetimeTestBase(cluster)
{
    [Fact]
    public async Task An_expired_machine_is_stopped_once_where_that_is_wanted_after_one_warning()
    {
        await using var server = await ReadyAsync();
        var machine = await server.LaunchAsync(Wish() with { TtlSeconds = 3600, TtlAction = LifeAction.Stop });
        machine.ShouldSatisfyAllConditions(m => m.TtlAction.ShouldBe(LifeAction.Stop), m => m.Warning.ShouldBeNull());

        // A tenth of an hour beforehand.
        server.Clock.Advance(TimeSpan.FromMinutes(54.5));
        await BecomesAsync(server, m => m.Warning == new EndWarning(EndCause.Expiry, LifeAction.Stop, machine.ExpiresAt!.Value), "is warned of");
        server.Clock.Advance(TimeSpan.FromMinutes(6));
        await BecomesAsync(server, m => m is { State: MachineState.Stopped, Operation: null }, "is stopped");
        (await MachineAsync(server, "m")).ShouldSatisfyAllConditions(m => m.ExpiresAt.ShouldBeNull(), m => m.TtlAction.ShouldBeNull(), m => m.Warning.ShouldBeNull());
        (await OperationsAsync(server, "machine.stop")).Single().ShouldSatisfyAllConditions(
            o => o.Status.ShouldBe(OperationStatus.Succeeded), o => o.Message.ShouldBe("Its time to live was over."));
        (await EventsAsync(server, "machine.expiring")).ShouldBe(1);

        await SucceedsAsync(server, "machines/m/start");
        server.Clock.Advance(TimeSpan.FromHours(2));
        await LaunchedAndGoneAsync(server);
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running, "a machine that is started again lives on");
    }

    [Fact]
    public async Task An_expired_machine_is_suspended_where_that_is_wanted_and_asked_again_when_it_fails()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(Wish() with { TtlSeconds = 60, TtlAction = LifeAction.Suspend, Idle = new IdlePolicy { AfterSeconds = 600, Action = LifeAction.Suspend } });
        Imitation(server).Faults.Fail("Suspend", HypervisorErrorKind.Rejected);
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () => (await OperationsAsync(server, "machine.suspend")).Any(o => o.Status == OperationStatus.Failed), "it fails");
        await BecomesAsync(server, m => m is { State: MachineState.Running, ExpiresAt: not null }, "runs on, for a while");
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        await BecomesAsync(server, m => m is { State: MachineState.Suspended, ExpiresAt: null, Operation: null }, "is suspended");
        await SucceedsAsync(server, "machines/m/start");
    }

    [Fact]
    public async Task An_expiry_is_moved_cleared_and_kept_and_each_is_warned_of_once()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(Wish() with { TtlSeconds = 600 });
        server.Clock.Advance(TimeSpan.FromMinutes(9.5));
        await BecomesAsync(server, m => m.Warning?.Action == LifeAction.Delete, "is warned of");
        var kept = await KeepAsync(server);
        kept.ShouldSatisfyAllConditions(m => m.Warning.ShouldBeNull(), m => m.ExpiresAt!.Value.ShouldBeGreaterThan(server.Clock.GetUtcNow().AddSeconds(590), "as long again as it was given"));
        server.Clock.Advance(TimeSpan.FromMinutes(5));
        await LaunchedAndGoneAsync(server);
        (await MachineAsync(server, "m")).Warning.ShouldBeNull("too early");
        server.Clock.Advance(TimeSpan.FromMinutes(3.5));
        await BecomesAsync(server, m => m.Warning is not null, "is warned of anew");
        (await EventsAsync(server, "machine.expiring")).ShouldBe(2);

        (await PatchAsync(server, new EditMachineRequest { TtlSeconds = 7200, TtlAction = LifeAction.Stop })).ShouldSatisfyAllConditions(
            m => m.ExpiresAt!.Value.ShouldBeGreaterThan(server.Clock.GetUtcNow().AddSeconds(7100)), m => m.TtlAction.ShouldBe(LifeAction.Stop), m => m.Warning.ShouldBeNull());
        (await KeepAsync(server, new KeepRequest { TtlSeconds = 0 })).ExpiresAt.ShouldBeNull();
        server.Clock.Advance(TimeSpan.FromDays(400));
        await LaunchedAndGoneAsync(server);
        (await MachineAsync(server, "m")).State.ShouldBe(MachineState.Running);
        (await RefusedAsync(server, HttpMethod.Post, "machines/m/keep", "{}", 409)).Detail.ShouldBe("Nothing ends 'm' by itself.");
    }

    [Fact]
    public async Task A_stop_that_fails_is_asked_for_again_and_one_that_somebody_cancels_is_not()
    {
        await using var server = await ReadyAsync();
        await server.LaunchAsync(Wish() with { TtlSeconds = 60, TtlAction = LifeAction.Stop });
        Imitation(server).Faults.Fail("Stop", HypervisorErrorKind.Rejected);
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () => (await OperationsAsync(server, "machine.stop")).Any(o => o.Status == OperationStatus.Failed), "the stop fails");
        await BecomesAsync(server, m => m is { State: MachineState.Running, ExpiresAt: not null }, "runs on, for a while");
        Imitation(server).Faults.Fail("Stop", HypervisorErrorKind.Busy, times: 1000);
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.BecomesAsync(async () => (await OperationsAsync(server, "machine.stop")).Count == 2, "it is asked for again");
        var again = (await OperationsAsync(server, "machine.stop"))[1];
        await server.PostAsync($"operations/{again.Id}/cancel");
        (await server.EndAsync(again)).Status.ShouldBe(OperationStatus.Cancelled);
        await BecomesAsync(server, m => m is { State: MachineState.Running, ExpiresAt: null }, "runs on without an expiry");
    }

    [Fact]
    public async Task Mistakes_are_named()
    {
        await using var server = await ReadyAsync();
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","ttlAction":"stop","idle":{"afterSeconds":119}}""", 400)).Errors!.Keys.ShouldBe(["ttlAction", "idle.afterSeconds"], ignoreOrder: true);
        (await RefusedAsync(server, HttpMethod.Post, "machines", """{"image":"tiny","ttlSeconds":60,"ttlAction":"explode"}""", 400)).Detail!.ShouldContain("ttlAction");
        await server.LaunchAsync(Wish());
        (await RefusedAsync(server, HttpMethod.Patch, "machines/m", """{"ttlSeconds":59,"idle":{"afterSeconds":1}}""", 400)).Errors!.Keys.ShouldBe(["ttlSeconds", "idle.afterSeconds"], ignoreOrder: true);
        (await RefusedAsync(server, HttpMethod.Patch, "machines/m", """{"ttlAction":"stop"}""", 400)).Errors!.Keys.ShouldBe(["ttlAction"]);
        (await RefusedAsync(server, HttpMethod.Patch, "machines/m", "{}", 400)).Errors!["memoryMiB"].Single().ShouldContain("ttlSeconds");
        // Refused as a whole: it runs and cannot be resized.
        (await RefusedAsync(server, HttpMethod.Patch, "machines/m", """{"cpus":4,"ttlSeconds":600}""", 409)).Type.ShouldEndWith("illegal-state");
        (await MachineAsync(server, "m")).ExpiresAt.ShouldBeNull();
    }

    /// <summary>Another machine expires meanwhile: the sweep has been there.</summary>
    private static async Task LaunchedAndGoneAsync(TestServer server)
    {
        await server.LaunchAsync(Wish("witness") with { TtlSeconds = 60 });
        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(async () =>
        {
            using var answer = await server.Client.GetAsync("machines/witness");
            return answer.StatusCode == System.Net.HttpStatusCode.NotFound;
        }, "the witness is gone");
    }
}

public sealed class SqliteExpiryTests() : ExpiryTests(null);

public sealed class PostgresExpiryTests(PostgresCluster cluster) : ExpiryTests(cluster);
