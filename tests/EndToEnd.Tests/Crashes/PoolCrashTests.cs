using EndToEnd.Tests.Pools;
using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Server.Machines.Workflows;

namespace EndToEnd.Tests.Crashes;

/// <summary>The same for claim and release: the server dies of the refill that a claim has begun, of the release, and with a claim's answer on its lips.</summary>
[Trait("Length", "long")]
public sealed class PoolCrashTests : PoolBed
{
    private const string Key = "asked-once";

    [Fact]
    public async Task The_refill_that_a_claim_begins_is_made_once_however_often_the_server_dies()
    {
        await FullPoolAsync();
        var boundaries = StepBoundaries.Of(new LaunchGolden(null!), "start");
        await Bed.StartAsync(ShortLease, KillAt(boundaries[0]));
        await ClaimWithoutAnswerAsync();
        await Bed.Server.DiesAsync();
        foreach (var boundary in boundaries.Skip(1)) await Bed.RunToDeathAsync(ShortLease, KillAt(boundary));

        await Bed.StartAsync(ShortLease);
        await PoolBecomesAsync("full", IsFull);
        Bed.Traces.Rows($"select status from operations where kind = '{LaunchGolden.Name}'").ShouldBe(Enumerable.Repeat("Succeeded", Target + 1));
        Bed.Traces.Processes().Length.ShouldBe(Target + 1);
        await ReleaseAsync(await TheLeaseAsync());
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_release_is_finished_however_often_the_server_dies()
    {
        await FullPoolAsync();
        var lease = await ClaimAsync();
        await PoolBecomesAsync("full", IsFull);
        var machine = await Bed.Client.GetMachineAsync(lease.MachineId);
        await SurvivesAsync(DeleteMachine.Name, machine.Name, StepBoundaries.Delete, () => Bed.Client.ReleaseAsync(lease.Id));
        await GoneAsync(machine);
        (await Bed.Client.GetLeaseAsync(lease.Id)).End.ShouldBe(LeaseEnd.Released);
        // What it had is nobody's; the spares are what they were.
        await PoolBecomesAsync("full", IsFull);
        Bed.Traces.Rows("select id from operations where kind = 'machine.launch-golden'").Count.ShouldBe(Target + 1);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_claim_whose_answer_was_lost_is_the_same_lease_at_the_next_server()
    {
        await FullPoolAsync();
        var asked = ClaimWithoutAnswerAsync();
        await Eventually.TrueAsync("the claim is written down", () => Bed.Traces.Rows("select id from leases").Count == 1);
        await Bed.Server.KillAsync();
        await asked;

        await Bed.StartAsync(ShortLease);
        var lease = await TheLeaseAsync();
        await ShouldWorkAsync(lease);

        // Killed as it is sent: maybe it was heard, maybe not; asked again it is one lease.
        asked = AnswerLostAsync(() => ClaimAsync(key: "asked-twice"));
        await Bed.Server.KillAsync();
        await asked;
        await Bed.StartAsync(ShortLease);
        var second = await ClaimAsync(wait: 60, key: "asked-twice");
        Bed.Traces.Rows("select id from leases").ShouldBe([lease.Id, second.Id], ignoreOrder: true);
        await PoolBecomesAsync("full", IsFull);
        await ReleaseAsync(lease);
        await ReleaseAsync(second);
        await NothingIsLeftAsync();
    }

    private Task ClaimWithoutAnswerAsync() => AnswerLostAsync(() => ClaimAsync(key: Key));

    private static async Task AnswerLostAsync(Func<Task<Lease>> claim)
    {
        try
        {
            await claim();
        }
        catch (WarrenUnreachableException)
        {
            // Its server is dead.
        }
    }

    /// <summary>Asked for again by its key; there is no other.</summary>
    private async Task<Lease> TheLeaseAsync()
    {
        var lease = await ClaimAsync(key: Key);
        Bed.Traces.Rows("select id from leases").ShouldBe([lease.Id]);
        Bed.Traces.Rows("select id from machines where pool_place = 'Lent'").ShouldBe([lease.MachineId]);
        return lease;
    }
}
