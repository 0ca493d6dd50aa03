using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_clone_is_made_stopped_once_and_only_from_a_stopped_source()
    {
        var clones = Need(Driver.Clones, "clones");
        var source = await StartAsync();
        var clone = Define();
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => clones.CloneAsync(source.Id, clone, Unheard, Cancellation));
        (await LookAsync(clone)).Power.ShouldBe(ObservedPower.Missing);
        await Driver.KillAsync(source.Id, Cancellation);
        for (var i = 0; i < 2; i++) await clones.CloneAsync(source.Id, clone, Unheard, Cancellation);
        (await LookAsync(clone)).Power.ShouldBe(ObservedPower.Off);
        (await Driver.ListAsync(Cancellation)).Count(m => m.MachineId == clone.Id).ShouldBe(1);
        // Both at once: they share nothing that only one may hold.
        await Driver.StartAsync(source, Cancellation);
        await Driver.StartAsync(clone, Cancellation);
        (await LookAsync(source)).Power.ShouldBe(ObservedPower.On);
        (await LookAsync(clone)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_clone_outlives_its_source()
    {
        var clones = Need(Driver.Clones, "clones");
        var source = await CreateAsync();
        var clone = Define();
        await clones.CloneAsync(source.Id, clone, Unheard, Cancellation);
        await Driver.DeleteAsync(source.Id, Cancellation);
        (await LookAsync(source)).Power.ShouldBe(ObservedPower.Missing);
        await Driver.StartAsync(clone, Cancellation);
        await Eventually.TrueAsync("the clone boots", async () => (await LookAsync(clone)).FirmwareRan, SecondsToBoot);
    }

    [Fact]
    public async Task A_clone_that_is_cancelled_leaves_nothing_and_can_be_made_again()
    {
        var clones = Need(Driver.Clones, "clones");
        var source = await CreateAsync();
        await InTheMiddleAsync(
            setUp: () => Task.FromResult(Define()),
            act: (clone, cancellation) => clones.CloneAsync(source.Id, clone, Unheard, cancellation),
            afterwards: async (clone, finished) =>
            {
                (await LookAsync(clone)).Power.ShouldBe(finished ? ObservedPower.Off : ObservedPower.Missing);
                await clones.CloneAsync(source.Id, clone, Unheard, Cancellation);
                await Driver.StartAsync(clone, Cancellation);
                (await LookAsync(clone)).Power.ShouldBe(ObservedPower.On);
            },
            nothingElse: false);
    }

    [Fact]
    public async Task A_clone_has_its_source_content_and_neither_sees_what_the_other_writes()
    {
        var clones = Need(Driver.Clones, "clones");
        Need(Driver.Guest, "guest agent to look at the content with");
        var source = await CreateAsync();
        await MarkAsync(source, "common");
        var clone = Define();
        await clones.CloneAsync(source.Id, clone, Unheard, Cancellation);

        (await MarkOfAsync(clone)).ShouldBe("common");
        await MarkAsync(source, "source");
        await MarkAsync(clone, "clone");
        (await MarkOfAsync(source)).ShouldBe("source");
        (await MarkOfAsync(clone)).ShouldBe("clone");
        for (var i = 0; i < 2; i++) await clones.FlattenAsync(clone.Id, Unheard, Cancellation);
        await Driver.DeleteAsync(source.Id, Cancellation);
        (await MarkOfAsync(clone)).ShouldBe("clone");
    }
}
