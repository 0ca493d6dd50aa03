using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Pools;

/// <summary>Claims, releases and refills while QEMU dies, stands still, or its guest's agent is silent, with a real server and real QEMU.</summary>
public sealed class PoolFaultTests : PoolBed
{
    private const string MuteAgent = "kill -STOP $(pidof qemu-ga)";

    [Fact]
    public async Task A_spare_whose_QEMU_was_killed_is_not_lent_even_at_once_and_is_replaced()
    {
        await FullPoolAsync();
        var dead = (await SparesAsync())[0];
        await SignalAsync("KILL", dead);
        var lease = await ClaimAsync();
        lease.MachineId.ShouldNotBe(dead.Id);
        await ShouldWorkAsync(lease);
        await GoneAsync(dead);
        await PoolBecomesAsync("full", IsFull);

        // All of them: a claim waits for what takes their place.
        var both = await SparesAsync();
        foreach (var spare in both) await SignalAsync("KILL", spare);
        var waited = await ClaimAsync(wait: 60);
        both.ShouldNotContain(s => s.Id == waited.MachineId);
        await ShouldWorkAsync(waited);
        await PoolBecomesAsync("full", IsFull);
        foreach (var spare in both.Append(dead)) ShouldNeverHaveBeenLent(spare);

        await ReleaseAsync(lease);
        await ReleaseAsync(waited);
        await NothingIsLeftAsync();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_spare_whose_QEMU_stands_still_is_not_lent_once_seen_and_is_replaced()
    {
        // A look that finds nothing new is written down once a minute: with less, well spares would not be lent.
        await FullPoolAsync("--Pools:FreshSeconds=65");
        var stuck = await SparesAsync();
        foreach (var spare in stuck) await SignalAsync("STOP", spare);
        foreach (var spare in stuck)
            await Eventually.TrueAsync($"{spare.Name} is seen", async () => (await Bed.Client.GetMachineAsync(spare.Id)).State == MachineState.Unknown);

        var lease = await ClaimAsync(wait: 60);
        stuck.ShouldNotContain(s => s.Id == lease.MachineId);
        await ShouldWorkAsync(lease);
        await PoolBecomesAsync("as large as it should be", p => p.Spares == Target);
        foreach (var spare in stuck) await GoneAsync(spare);
        await PoolBecomesAsync("full", IsFull);
        foreach (var spare in stuck) ShouldNeverHaveBeenLent(spare);
        await ReleaseAsync(lease);
        await NothingIsLeftAsync();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_lent_machine_whose_QEMU_stands_still_or_is_dead_is_destroyed_when_it_is_released()
    {
        await FullPoolAsync();
        foreach (var signal in new[] { "STOP", "KILL" })
        {
            var lease = await ClaimAsync();
            var machine = await Bed.Client.GetMachineAsync(lease.MachineId);
            await SignalAsync(signal, machine);
            await ReleaseAsync(lease);
            await GoneAsync(machine);
            await PoolBecomesAsync("full", IsFull);
        }

        await NothingIsLeftAsync();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Where_the_agent_of_forks_is_silent_the_refill_fails_leaves_nothing_and_the_pool_says_why()
    {
        await Bed.StartAsync(ShortLease, "--Machines:AgentPatienceSeconds=3");
        await WarmGoldenImageAsync();
        await Bed.Client.CreatePoolAsync(Forks(firstBoot: MuteAgent));
        await PoolBecomesAsync("paused", p => p is { Problem: not null, RetryAt: not null });
        var pool = await Bed.Client.GetPoolAsync("p");
        pool.Problem!.Type.ShouldBe("urn:warren:problem:hypervisor");
        pool.Problem.Detail!.ShouldContain("agent");
        pool.Spares.ShouldBe(0);
        (await Should.ThrowAsync<WarrenException>(() => ClaimAsync())).Kind.ShouldBe("pool-empty");
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Length", "long")]
    public async Task A_machine_whose_agent_is_silent_is_not_made_a_warm_golden_image(bool markedReadyByHand)
    {
        await Bed.StartAsync(ShortLease, "--Machines:AgentPatienceSeconds=3");
        await RunningAsync("a");
        var request = new CreateGoldenImageRequest { Name = "g", Machine = "a", Kind = GoldenImageKind.Warm, MarkReadyByHand = markedReadyByHand };
        if (markedReadyByHand) await SucceedsAsync(Bed.Client.CreateGoldenImageAsync(request));
        await Bed.Warren.RunAsync("wait", "a", "--for", "ssh");
        (await Bed.SshAsync("a", $"{MuteAgent}; echo mute")).ShouldBe("mute");
        var asked = markedReadyByHand ? await Bed.Client.MarkGoldenImageReadyAsync("g") : await Bed.Client.CreateGoldenImageAsync(request);
        var ended = await Bed.Client.WaitForOperationAsync(asked.Id);
        ended.Status.ShouldBe(OperationStatus.Failed);
        ended.Problem!.Detail!.ShouldContain("agent");
        (await Bed.Client.GetMachineAsync("a")).State.ShouldBe(MachineState.Running);
        Bed.Traces.MachineFolders().ShouldBe([(await Bed.Client.GetMachineAsync("a")).Id]);

        // Nor is a fork of it left that has failed.
        var forked = await Bed.Client.WaitForOperationAsync((await Bed.Client.ForkMachineAsync("a", new ForkRequest { Name = "k" })).Id);
        forked.Status.ShouldBe(OperationStatus.Failed);
        forked.Problem!.Detail!.ShouldContain("agent");
        await SucceedsAsync(Bed.Client.DeleteMachineAsync("a"));
        await NothingIsLeftAsync();
    }
}
