using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Every call can be made again: steps of operations are, after a crash or a lost lease.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Creating_again_changes_nothing()
    {
        var machine = await CreateAsync();
        await CreateAsync(machine);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await Driver.ListAsync(Cancellation)).Count(m => m.MachineId == machine.Id).ShouldBe(1);
    }

    [Fact]
    public async Task Creating_a_running_machine_again_leaves_it_running()
    {
        var machine = await StartAsync();
        var before = await LookAsync(machine);
        await CreateAsync(machine);
        var after = await LookAsync(machine);
        after.Power.ShouldBe(ObservedPower.On);
        after.ProcessId.ShouldBe(before.ProcessId);
    }

    [Fact]
    public async Task Starting_again_leaves_the_running_machine_alone()
    {
        var machine = await StartAsync();
        var before = await LookAsync(machine);
        await Driver.StartAsync(machine, Cancellation);
        var after = await LookAsync(machine);
        after.Power.ShouldBe(ObservedPower.On);
        after.ProcessId.ShouldBe(before.ProcessId);
    }

    [Fact]
    public async Task Stopping_and_killing_a_stopped_machine_changes_nothing()
    {
        var machine = await CreateAsync();
        for (var i = 0; i < 2; i++)
        {
            await Driver.StopAsync(machine.Id, Cancellation);
            await Driver.KillAsync(machine.Id, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
            (await LookAsync(machine)).Detail.ShouldBeNull();
        }
    }

    [Fact]
    public async Task Stopping_a_running_machine_again_and_killing_it_then_ends_it()
    {
        var machine = await StartAsync();
        for (var i = 0; i < 2; i++) await Driver.StopAsync(machine.Id, Cancellation);
        for (var i = 0; i < 2; i++) await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
    }

    [Fact]
    public async Task Deleting_again_is_success_and_the_id_is_free_again()
    {
        var machine = await CreateAsync();
        for (var i = 0; i < 2; i++) await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        await StartAsync(machine);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task Looking_again_changes_nothing()
    {
        var machine = await StartAsync();
        var first = await LookAsync(machine);
        for (var i = 0; i < 10; i++)
        {
            var next = await LookAsync(machine);
            next.Power.ShouldBe(ObservedPower.On);
            next.ProcessId.ShouldBe(first.ProcessId);
            (await Driver.ListAsync(Cancellation)).Count(m => m.MachineId == machine.Id).ShouldBe(1);
        }
    }
}
