using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Pools;

/// <summary>Claims, releases and refills while the disk is full: that of the machines, or that of the database too.</summary>
[Trait("Length", "long")]
public sealed class PoolDiskTests : PoolBed
{
    [Fact]
    public async Task With_the_disk_of_the_machines_full_spares_are_lent_and_released_and_the_refill_says_why_it_fails()
    {
        var disk = await Bed.OnSmallDiskAsync(256, "machines");
        await FullPoolAsync();
        disk.Fill();
        var leases = new[] { await ClaimAsync(), await ClaimAsync() };
        foreach (var lease in leases) await ShouldWorkAsync(lease);
        await PoolBecomesAsync("paused", p => p is { Problem: not null, RetryAt: not null });
        (await Bed.Client.GetPoolAsync("p")).Problem!.Detail!.ShouldContain("space");
        (await Should.ThrowAsync<WarrenException>(() => ClaimAsync())).Kind.ShouldBe("pool-empty");
        await ReleaseAsync(leases[0]);

        // What failed has left nothing: what remains is the machine that is still lent.
        disk.Fill();
        await Bed.Client.DrainPoolAsync("p", on: true);
        await Eventually.TrueAsync("only the lent one is there", () => Bed.Traces.Rows("select id from machines").SequenceEqual([leases[1].MachineId])
            && Bed.Traces.Rows("select id from operations where live").Count == 0);
        Bed.Traces.Processes().ShouldHaveSingleItem();
        Bed.Traces.MachineFolders().Where(name => !name.StartsWith('.')).ShouldBe([leases[1].MachineId]);

        disk.Empty();
        await Bed.Client.DrainPoolAsync("p", on: false);
        await PoolBecomesAsync("full", IsFull);
        (await Bed.Client.GetPoolAsync("p")).Problem.ShouldBeNull();
        await ReleaseAsync(leases[1]);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task With_no_room_for_the_database_claim_and_release_are_refused_clearly_and_work_again_later()
    {
        var disk = await Bed.OnSmallDiskAsync(384);
        await FullPoolAsync();
        var lease = await ClaimAsync();
        await PoolBecomesAsync("full", IsFull);
        disk.Fill();
        await NoRoomIsLeftAsync(lease);

        (await Should.ThrowAsync<WarrenException>(() => ClaimAsync())).ShouldBeNoSpace();
        (await Should.ThrowAsync<WarrenException>(() => ClaimAsync(wait: 2))).ShouldBeNoSpace();
        (await Should.ThrowAsync<WarrenException>(() => Bed.Client.ReleaseAsync(lease.Id))).ShouldBeNoSpace();
        // What changes nothing is answered, and what was lent runs.
        (await Bed.Client.GetLeaseAsync(lease.Id)).EndedAt.ShouldBeNull();
        (await Bed.Client.GetPoolAsync("p")).Lent.ShouldBe(1);
        await ShouldWorkAsync(lease);

        disk.Empty();
        var second = await ClaimAsync(wait: 60);
        await ShouldWorkAsync(second);
        await ReleaseAsync(lease);
        await ReleaseAsync(second);
        await PoolBecomesAsync("full", IsFull);
        await NothingIsLeftAsync();
    }

    /// <summary>The database has some room in its own files: large rows take it, then the smallest change that there is takes the rest.</summary>
    private async Task NoRoomIsLeftAsync(Lease lease)
    {
        var comment = new string('#', 60_000);
        await RefusedAtLastAsync(() => Bed.Client.CreateTemplateAsync($"name: t{Guid.NewGuid():n}\nimage: tiny\n{comment}\n"));
        await RefusedAtLastAsync(() => Bed.Client.RenewLeaseAsync(lease.Id, new RenewRequest()));
    }

    private static async Task RefusedAtLastAsync(Func<Task> write)
    {
        WarrenException? refused = null;
        await Eventually.TrueAsync("nothing can be written", async () =>
        {
            try
            {
                await write();
            }
            catch (WarrenException e)
            {
                refused = e;
            }

            return refused is not null;
        });
        refused!.ShouldBeNoSpace();
    }
}

/// <summary>What the disk's being full looks like to a client.</summary>
internal static class NoSpaceAssertions
{
    public static void ShouldBeNoSpace(this WarrenException refused) => (refused.Kind, refused.Problem.Status).ShouldBe(("no-space", 507), refused.Message);
}
