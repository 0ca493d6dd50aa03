using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_paused_machine_is_seen_as_paused_until_it_is_resumed()
    {
        var power = Need(Driver.Power, "pause");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => power.PauseAsync(machine.Id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => power.ResumeAsync(machine.Id, Cancellation));
        await Driver.StartAsync(machine, Cancellation);
        for (var i = 0; i < 2; i++) await power.PauseAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Paused);
        (await Driver.ListAsync(Cancellation)).Single(m => m.MachineId == machine.Id).Power.ShouldBe(ObservedPower.Paused);
        for (var i = 0; i < 2; i++) await power.ResumeAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_paused_machine_can_be_killed_and_deleted()
    {
        var power = Need(Driver.Power, "pause");
        var machine = await StartAsync();
        await power.PauseAsync(machine.Id, Cancellation);
        await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await power.PauseAsync(machine.Id, Cancellation);
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task Only_a_stopped_machine_is_resized_and_its_disk_only_grows()
    {
        var resize = Need(Driver.Resize, "resize");
        var machine = await StartAsync();
        var larger = machine with { DiskGiB = 3, MemoryMiB = 256, Cpus = 2 };
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => resize.ResizeAsync(larger, Cancellation));
        await Driver.KillAsync(machine.Id, Cancellation);
        for (var i = 0; i < 2; i++) await resize.ResizeAsync(larger, Cancellation);
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => resize.ResizeAsync(machine, Cancellation));
        failure.Message.ShouldContain("diskGiB");
        await Driver.StartAsync(larger, Cancellation);
        (await LookAsync(larger)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task Start_with_the_host_is_off_until_it_is_set_and_a_new_driver_knows_it()
    {
        var autostart = Need(Driver.Autostart, "autostart");
        var machine = await CreateAsync();
        (await autostart.GetAsync(machine.Id, Cancellation)).ShouldBeFalse();
        foreach (var on in new[] { true, false })
        {
            for (var i = 0; i < 2; i++) await autostart.SetAsync(machine.Id, on, Cancellation);
            (await NewDriver().Autostart!.GetAsync(machine.Id, Cancellation)).ShouldBe(on);
        }

        await Driver.StartAsync(machine, Cancellation);
        await autostart.SetAsync(machine.Id, true, Cancellation);
        (await autostart.GetAsync(machine.Id, Cancellation)).ShouldBeTrue();
    }
}
