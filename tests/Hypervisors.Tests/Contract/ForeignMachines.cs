using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Machines that others run on the same host.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_foreign_machine_is_listed_without_an_id_and_never_touched()
    {
        var stranger = await NeedStrangerAsync();
        var listed = (await Driver.ListAsync(Cancellation)).Single(m => m.NativeName == stranger.NativeName);
        (listed.MachineId, listed.Power).ShouldBe((null, ObservedPower.On));

        var machine = await StartAsync();
        await Driver.KillAsync(machine.Id, Cancellation);
        await Driver.DeleteAsync(machine.Id, Cancellation);
        if (DefinitionRules.IsId(stranger.NativeName))
        {
            // Its name as an id names nothing of ours.
            (await Driver.ObserveAsync(stranger.NativeName, Cancellation)).Power.ShouldBe(ObservedPower.Missing);
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.KillAsync(stranger.NativeName, Cancellation));
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StopAsync(stranger.NativeName, Cancellation));
            await Driver.DeleteAsync(stranger.NativeName, Cancellation);
        }

        (await stranger.IsUntouched()).ShouldBeTrue();
        (await Driver.ListAsync(Cancellation)).ShouldContain(listed);
    }

    [Fact]
    public async Task A_foreign_machine_is_adopted_on_request_and_runs_on()
    {
        var adoption = Need(Driver.Adoption, "adoption");
        var stranger = await NeedStrangerAsync();
        var machine = Define();
        for (var i = 0; i < 2; i++)
        {
            var adopted = await adoption.AdoptAsync(stranger.NativeName, machine.Id, Cancellation);
            adopted.Power.ShouldBe(ObservedPower.On);
            adopted.MemoryMiB.ShouldBeGreaterThan(0);
            adopted.Cpus.ShouldBeGreaterThan(0);
        }

        (await stranger.IsUntouched()).ShouldBeTrue();
        (await NewDriver().ListAsync(Cancellation)).Single(m => m.NativeName == stranger.NativeName).MachineId.ShouldBe(machine.Id);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => adoption.AdoptAsync(stranger.NativeName, Define().Id, Cancellation));
        await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
    }

    private async Task<Stranger> NeedStrangerAsync()
    {
        var stranger = await MakeStrangerAsync();
        Assert.SkipWhen(stranger is null, $"a machine of somebody else cannot be made on this {Kind.Title} host");
        Afterwards(stranger.RemoveAsync);
        return stranger;
    }
}
