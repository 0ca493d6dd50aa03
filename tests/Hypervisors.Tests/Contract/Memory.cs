namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Memory_that_is_really_taken_is_told_of_machines_that_run_and_of_no_others()
    {
        var use = Need(Driver.MemoryUse, "memoryUse");
        var (machine, off) = (await StartWithAgentAsync(), await CreateAsync());
        var seen = await use.LookAsync([machine.Id, off.Id, "m0"], Cancellation);
        seen.Machines.Keys.ShouldBe([machine.Id]);
        var taken = seen.Machines[machine.Id];
        // What runs it takes something too (see HostOptions.OverheadMiB).
        taken.PrivateMiB.ShouldBeInRange(8, taken.ProportionalMiB);
        taken.ProportionalMiB.ShouldBeLessThan(machine.MemoryMiB + 128);
        seen.AvailableMiB.ShouldBeInRange(1, (await Driver.ProbeAsync(Cancellation)).Capacity.MemoryMiB);
        await Driver.KillAsync(machine.Id, Cancellation);
        (await NewDriver().MemoryUse!.LookAsync([machine.Id], Cancellation)).Machines.ShouldBeEmpty();
    }
}
