using System.Security.Cryptography;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Several servers on one host, and operations that overtake each other.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Creating_and_starting_from_many_sides_at_once_makes_one_running_machine()
    {
        var machine = Define();
        IHypervisor[] drivers = [Driver, NewDriver(), NewDriver()];
        await Task.WhenAll(drivers.Select(d => Task.Run(() => d.CreateAsync(machine, Unheard, Cancellation))));
        await Task.WhenAll(drivers.SelectMany(d => Enumerable.Range(0, 3).Select(_ => Task.Run(() => d.StartAsync(machine, Cancellation)))));
        var seen = await Task.WhenAll(drivers.Select(d => d.ObserveAsync(machine.Id, Cancellation)));
        seen.ShouldAllBe(o => o.Power == ObservedPower.On);
        seen.Select(o => o.ProcessId).Distinct().Count().ShouldBe(1);
        (await Driver.ListAsync(Cancellation)).Count(m => m.MachineId == machine.Id).ShouldBe(1);
    }

    [Fact]
    public async Task Racing_calls_of_several_drivers_end_in_a_state_that_all_agree_on()
    {
        var machine = Define();
        IHypervisor[] drivers = [Driver, NewDriver(), NewDriver()];
        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(drivers.Select(d => Task.Run(() => RaceAsync(d, machine, calls: 6))));
            var seen = await Task.WhenAll(drivers.Select(d => d.ObserveAsync(machine.Id, Cancellation)));
            seen.Select(o => (o.Power, o.ProcessId)).Distinct().Count().ShouldBe(1, string.Join(' ', seen.Select(o => o.Power)));
            await CreateAsync(machine);
            await Driver.StartAsync(machine, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            await drivers[1].DeleteAsync(machine.Id, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
            NothingIsLeft();
        }
    }

    [Fact]
    public async Task Machines_of_one_host_come_and_go_side_by_side()
    {
        var machines = Enumerable.Range(0, 4).Select(_ => Define()).ToArray();
        await Task.WhenAll(machines.Select(m => Task.Run(() => StartAsync(m))));
        foreach (var machine in machines) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        await Task.WhenAll(machines.Take(2).Select(m => Task.Run(() => Driver.DeleteAsync(m.Id, Cancellation))));
        foreach (var machine in machines.Take(2)) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        foreach (var machine in machines.Skip(2)) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task Machines_deleted_at_once_go_each_with_its_own()
    {
        IHypervisor[] drivers = [Driver, NewDriver()];
        // What one looks at goes under its eyes: seldom, so several times over.
        for (var round = 0; round < 3; round++)
        {
            var machines = Enumerable.Range(0, 6).Select(_ => Define()).ToArray();
            await Task.WhenAll(machines.Select(m => Task.Run(() => CreateAsync(m))));
            await Task.WhenAll(machines.Select((m, i) => Task.Run(() => drivers[i % 2].DeleteAsync(m.Id, Cancellation))));
            foreach (var machine in machines) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
            NothingIsLeft();
        }
    }

    /// <summary>Calls in any order. NotFound and Busy are answers to a race; every other failure is a fault.</summary>
    private static async Task RaceAsync(IHypervisor driver, MachineDefinition machine, int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            var call = RandomNumberGenerator.GetInt32(5);
            try
            {
                await (call switch
                {
                    0 => driver.CreateAsync(machine, Unheard, Cancellation),
                    1 => driver.StartAsync(machine, Cancellation),
                    2 => driver.KillAsync(machine.Id, Cancellation),
                    3 => driver.DeleteAsync(machine.Id, Cancellation),
                    _ => driver.ObserveAsync(machine.Id, Cancellation),
                });
            }
            catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.NotFound or HypervisorErrorKind.Busy && call != 4)
            {
                // Another was faster.
            }
        }
    }
}
