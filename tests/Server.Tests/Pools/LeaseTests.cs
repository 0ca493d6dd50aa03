using System.Net;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Pools;

/// <summary>How leases end, on both databases.</summary>
public abstract class LeaseTests(PostgresCluster? cluster) : PoolTestBase(cluster)
{
    [Fact]
    public async Task Released_means_destroyed_and_never_lent_again()
    {
        await using var server = await WithPoolAsync(Spec(1));
        var lease = await ClaimAsync(server);
        (await server.EndAsync(await server.DeleteAsync($"claims/{lease.Id}"))).Kind.ShouldBe("machine.delete");
        (await IsGoneAsync(server, lease.MachineId)).ShouldBeTrue();
        (await LeaseAsync(server, lease.Id)).ShouldSatisfyAllConditions(l => l.End.ShouldBe(LeaseEnd.Released), l => l.EndedAt.ShouldNotBeNull());
        (await RefusedAsync(server, HttpMethod.Delete, $"claims/{lease.Id}", null, 409)).Type.ShouldEndWith("illegal-state");
        await FullAsync(server);
        (await ClaimAsync(server)).MachineId.ShouldNotBe(lease.MachineId);
    }

    [Fact]
    public async Task A_lease_ends_by_itself_and_can_be_renewed_until_then()
    {
        await using var server = await WithPoolAsync(Spec(2));
        var (short1, long1) = (await ClaimAsync(server, request: new ClaimRequest { TtlSeconds = 60 }), await ClaimAsync(server, request: new ClaimRequest { TtlSeconds = 60 }));
        using (var renewed = await server.Client.PatchAsJsonAsync($"claims/{long1.MachineName}", new RenewRequest { TtlSeconds = 600 }, WarrenJson.Options))
            (await renewed.Content.ReadFromJsonAsync<Lease>(WarrenJson.Options))!.ExpiresAt.ShouldBeGreaterThan(long1.ExpiresAt.AddSeconds(500));
        (await RefusedAsync(server, HttpMethod.Patch, $"claims/{long1.Id}", """{"ttlSeconds":86401}""", 400)).Errors!.Keys.ShouldBe(["ttlSeconds"]);

        server.Clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.BecomesAsync(() => IsGoneAsync(server, short1.MachineId), "the machine is gone");
        (await LeaseAsync(server, short1.Id)).End.ShouldBe(LeaseEnd.Expired);
        (await MachineAsync(server, long1.MachineId)).State.ShouldBe(MachineState.Running);
        (await RefusedAsync(server, HttpMethod.Patch, $"claims/{short1.Id}", "{}", 409)).Type.ShouldEndWith("illegal-state");
    }

    [Fact]
    public async Task Deleting_the_machine_ends_its_lease()
    {
        await using var server = await WithPoolAsync(Spec(1));
        var lease = await ClaimAsync(server);
        (await server.EndAsync(await server.DeleteAsync($"machines/{lease.MachineName}"))).Status.ShouldBe(OperationStatus.Succeeded);
        (await LeaseAsync(server, lease.Id)).End.ShouldBe(LeaseEnd.Released);
        await FullAsync(server);
    }

    [Fact]
    public async Task A_release_that_fails_is_tried_again()
    {
        await using var server = await WithPoolAsync(Spec(1));
        var lease = await ClaimAsync(server);
        Imitation(server).Faults.Fail("Delete", HypervisorErrorKind.Rejected);
        (await server.EndAsync(await server.DeleteAsync($"claims/{lease.Id}"))).Status.ShouldBe(OperationStatus.Failed);
        (await LeaseAsync(server, lease.Id)).End.ShouldBe(LeaseEnd.Released);
        server.Clock.Advance(TimeSpan.FromMinutes(11));
        await Eventually.BecomesAsync(() => IsGoneAsync(server, lease.MachineId), "the machine is gone after all");
    }

    [Fact]
    public async Task A_pool_is_not_deleted_while_machines_of_it_are_lent_unless_forced()
    {
        await using var server = await WithPoolAsync(Spec(2));
        var lease = await ClaimAsync(server);
        (await RefusedAsync(server, HttpMethod.Delete, "pools/p", null, 409)).Type.ShouldEndWith("in-use");
        (await PoolAsync(server)).Lent.ShouldBe(1);
        using (var deleted = await server.Client.DeleteAsync("pools/p?force=true")) deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.BecomesAsync(async () => (await server.Get<IHypervisor>().ListAsync(TestContext.Current.CancellationToken)).Count == 0, "nothing is left on the host");
        await using var db = server.Db();
        await Eventually.BecomesAsync(async () => !await db.Machines.AnyAsync(), "nothing is left in rows");
        (await LeaseAsync(server, lease.Id)).End.ShouldBe(LeaseEnd.Released);
        (await RefusedAsync(server, HttpMethod.Get, "pools/p", null, 404)).Type.ShouldEndWith("not-found");
    }

    [Fact]
    public async Task A_stopped_spare_is_started_for_whoever_claims_it()
    {
        await using var server = await WithPoolAsync(Spec(1) with { Kind = PoolKind.Stopped });
        (await server.Client.GetFromJsonAsync<Page<Machine>>("machines", WarrenJson.Options))!.Items.Single().State.ShouldBe(MachineState.Stopped);
        var lease = await ClaimAsync(server);
        await BecomesAsync(server, lease.MachineId, MachineState.Running);
        await FullAsync(server);
    }
}

public sealed class SqliteLeaseTests() : LeaseTests(null);

public sealed class PostgresLeaseTests(PostgresCluster cluster) : LeaseTests(cluster);
