using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>A call that is given up, before it begins or in its middle, leaves nothing behind and can be made again.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_call_that_is_cancelled_before_it_begins_changes_nothing()
    {
        var never = new CancellationToken(canceled: true);
        var machine = Define();
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.CreateAsync(machine, Unheard, never));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();

        await CreateAsync(machine);
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.StartAsync(machine, never));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.DeleteAsync(machine.Id, never));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);

        await Driver.StartAsync(machine, Cancellation);
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.StopAsync(machine.Id, never));
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.KillAsync(machine.Id, never));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_creation_that_is_cancelled_in_its_middle_leaves_nothing_and_can_be_made_again()
    {
        await InTheMiddleAsync(
            setUp: () => Task.FromResult(Define()),
            act: (machine, cancellation) => Driver.CreateAsync(machine, Unheard, cancellation),
            afterwards: async (machine, finished) =>
            {
                (await LookAsync(machine)).Power.ShouldBe(finished ? ObservedPower.Off : ObservedPower.Missing);
                if (!finished) NothingIsLeft();
                await CreateAsync(machine);
                await Driver.StartAsync(machine, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            });
    }

    [Fact]
    public async Task A_start_that_is_cancelled_in_its_middle_can_be_made_again_and_makes_one_machine()
    {
        await InTheMiddleAsync(
            setUp: () => CreateAsync(),
            act: (machine, cancellation) => Driver.StartAsync(machine, cancellation),
            afterwards: async (machine, finished) =>
            {
                if (finished) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
                await Driver.StartAsync(machine, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
                await Driver.KillAsync(machine.Id, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
            });
    }

    [Fact]
    public async Task A_kill_and_a_deletion_that_are_cancelled_in_their_middle_can_be_made_again()
    {
        await InTheMiddleAsync(
            setUp: () => StartAsync(),
            act: (machine, cancellation) => Driver.KillAsync(machine.Id, cancellation),
            afterwards: async (machine, finished) =>
            {
                if (finished) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
                await Driver.KillAsync(machine.Id, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
            });
        await InTheMiddleAsync(
            setUp: () => StartAsync(),
            act: (machine, cancellation) => Driver.DeleteAsync(machine.Id, cancellation),
            afterwards: async (machine, finished) =>
            {
                if (finished) (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
                await Driver.DeleteAsync(machine.Id, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
            });
    }

    /// <summary>Measures the call once, then cancels it at several parts of that time; each time on a machine of its own.</summary>
    private async Task InTheMiddleAsync(
        Func<Task<MachineDefinition>> setUp,
        Func<MachineDefinition, CancellationToken, Task> act,
        Func<MachineDefinition, bool, Task> afterwards,
        bool nothingElse = true)
    {
        var first = await setUp();
        var began = TimeProvider.System.GetTimestamp();
        await act(first, Cancellation);
        var whole = TimeProvider.System.GetElapsedTime(began);
        await afterwards(first, true);
        await Driver.DeleteAsync(first.Id, Cancellation);

        foreach (var part in new[] { 0.05, 0.3, 0.6, 0.9 })
        {
            var machine = await setUp();
            using var patience = new CancellationTokenSource(whole * part, TimeProvider.System);
            var finished = true;
            try
            {
                await act(machine, patience.Token);
            }
            catch (OperationCanceledException)
            {
                finished = false;
            }

            await afterwards(machine, finished);
            await Driver.DeleteAsync(machine.Id, Cancellation);
            if (nothingElse) NothingIsLeft();
        }
    }
}
