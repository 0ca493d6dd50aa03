using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Suspend to disk: nothing of the machine runs, and nothing of it is lost.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_suspended_machine_is_seen_as_suspended_by_every_driver_until_it_is_started()
    {
        var suspend = Need(Driver.Suspend, "suspend to disk");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => suspend.SuspendAsync(machine.Id, Cancellation), "it is off");
        await Driver.StartAsync(machine, Cancellation);
        for (var i = 0; i < 2; i++) await suspend.SuspendAsync(machine.Id, Cancellation);
        foreach (var driver in new[] { Driver, NewDriver() })
        {
            var seen = await driver.ObserveAsync(machine.Id, Cancellation);
            (seen.Power, seen.ProcessId).ShouldBe((ObservedPower.Suspended, null));
            (await driver.ListAsync(Cancellation)).Single(m => m.MachineId == machine.Id).Power.ShouldBe(ObservedPower.Suspended);
        }

        if (Driver.Power is { } power)
        {
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => power.PauseAsync(machine.Id, Cancellation));
            await ShouldFailAsync(HypervisorErrorKind.NotFound, () => power.ResumeAsync(machine.Id, Cancellation));
        }

        var after = NewDriver();
        for (var i = 0; i < 2; i++) await after.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_suspended_machine_is_not_changed_and_loses_its_memory_only_when_it_is_stopped_killed_or_deleted()
    {
        var suspend = Need(Driver.Suspend, "suspend to disk");
        var machine = await CreateAsync();
        if (Driver.Snapshots is { } before) await before.CreateAsync(machine.Id, "s1", false, Cancellation);
        await Driver.StartAsync(machine, Cancellation);
        await suspend.SuspendAsync(machine.Id, Cancellation);

        var larger = machine with { MemoryMiB = machine.MemoryMiB * 2 };
        List<(string Call, Func<Task>? Act)> calls =
        [
            ("resize", Driver.Resize is { } resize ? () => resize.ResizeAsync(larger, Cancellation) : null),
            ("snapshot", Driver.Snapshots is { } snapshots ? () => snapshots.CreateAsync(machine.Id, "s2", false, Cancellation) : null),
            ("restore", Driver.Snapshots is { } again ? () => again.RestoreAsync(machine.Id, "s1", null, Cancellation) : null),
            ("clone", Driver.Clones is { } clones ? () => clones.CloneAsync(machine.Id, Define(), Unheard, Cancellation) : null),
            ("fork", Driver.Forks is { } forks ? () => forks.FreezeAsync(machine.Id, "wnever", Cancellation) : null),
            ("start with other memory", () => Driver.StartAsync(larger, Cancellation)),
        ];
        foreach (var (call, act) in calls)
        {
            if (act is not null) (await ShouldFailAsync(HypervisorErrorKind.Rejected, act, call)).Message.ShouldContain("suspended", Case.Insensitive, call);
        }

        await CreateAsync(machine);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Suspended, "there is nothing to complete");

        foreach (var end in new Func<Task>[] { () => Driver.KillAsync(machine.Id, Cancellation), () => Driver.StopAsync(machine.Id, Cancellation) })
        {
            for (var i = 0; i < 2; i++) await end();
            (await NewDriver().ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
            await Driver.StartAsync(machine, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            await suspend.SuspendAsync(machine.Id, Cancellation);
        }

        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_suspended_guest_goes_on_where_it_stood_also_when_it_was_paused()
    {
        var suspend = Need(Driver.Suspend, "suspend to disk");
        var machine = await StartWithAgentAsync();
        await WriteAsync(machine, "memory");
        var boot = await FileAsync(machine, "/proc/sys/kernel/random/boot_id");
        foreach (var paused in new[] { false, true })
        {
            if (paused && Driver.Power is { } power) await power.PauseAsync(machine.Id, Cancellation);
            await suspend.SuspendAsync(machine.Id, Cancellation);
            await NewDriver().StartAsync(machine, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            await AgentAnswersAsync(machine);
            (await ReadAsync(machine)).ShouldBe("memory");
            (await FileAsync(machine, "/proc/sys/kernel/random/boot_id")).ShouldBe(boot, "it has not booted anew");
        }
    }

    [Fact]
    public async Task A_suspension_that_is_cancelled_leaves_a_machine_that_runs_on_or_is_suspended()
    {
        var suspend = Need(Driver.Suspend, "suspend to disk");
        var never = new CancellationToken(canceled: true);
        await InTheMiddleAsync(
            setUp: () => StartAsync(),
            act: (machine, cancellation) => suspend.SuspendAsync(machine.Id, cancellation),
            afterwards: async (machine, finished) =>
            {
                // What was cut off may still be on its engine's mind.
                await Eventually.TrueAsync("its engine answers", async () => (await LookAsync(machine)).Power != ObservedPower.Unknown);
                (await LookAsync(machine)).Power.ShouldBeOneOf(finished ? [ObservedPower.Suspended] : [ObservedPower.On, ObservedPower.Suspended]);
                await suspend.SuspendAsync(machine.Id, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Suspended);
                await Should.ThrowAsync<OperationCanceledException>(() => Driver.StartAsync(machine, never));
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Suspended);
                await Driver.StartAsync(machine, Cancellation);
                await Should.ThrowAsync<OperationCanceledException>(() => suspend.SuspendAsync(machine.Id, never));
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            });
    }

    [Fact]
    public async Task A_start_from_a_suspension_that_is_cancelled_loses_nothing()
    {
        var suspend = Need(Driver.Suspend, "suspend to disk");
        await InTheMiddleAsync(
            setUp: async () =>
            {
                var machine = await StartAsync();
                await suspend.SuspendAsync(machine.Id, Cancellation);
                return machine;
            },
            act: (machine, cancellation) => Driver.StartAsync(machine, cancellation),
            afterwards: async (machine, finished) =>
            {
                (await LookAsync(machine)).Power.ShouldBeOneOf(finished ? [ObservedPower.On] : [ObservedPower.On, ObservedPower.Suspended]);
                await Driver.StartAsync(machine, Cancellation);
                (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            });
    }
}
