using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>After a restart of the server: a new driver on the same host.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_new_driver_finds_the_running_machine_and_controls_it()
    {
        var machine = await StartAsync();
        var before = await LookAsync(machine);
        var after = NewDriver();
        (await after.ObserveAsync(machine.Id, Cancellation)).ProcessId.ShouldBe(before.ProcessId);
        await after.StartAsync(machine, Cancellation);
        (await after.ObserveAsync(machine.Id, Cancellation)).ProcessId.ShouldBe(before.ProcessId);
        await after.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task A_new_driver_finds_the_stopped_machine_starts_and_deletes_it()
    {
        var machine = await CreateAsync();
        var after = NewDriver();
        (await after.ListAsync(Cancellation)).Single(m => m.MachineId == machine.Id).Power.ShouldBe(ObservedPower.Off);
        await after.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await NewDriver().DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_new_driver_finds_the_paused_machine_and_resumes_it()
    {
        var power = Need(Driver.Power, "pause");
        var machine = await StartAsync();
        await power.PauseAsync(machine.Id, Cancellation);
        var after = NewDriver();
        (await after.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Paused);
        await after.Power!.ResumeAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }
}
