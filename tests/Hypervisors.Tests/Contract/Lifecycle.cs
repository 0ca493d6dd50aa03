using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_machine_goes_from_nothing_to_running_and_back_and_every_call_can_be_repeated()
    {
        var machine = Define();
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);

        for (var i = 0; i < 2; i++) await CreateAsync(machine);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await LookAsync(machine)).ProcessId.ShouldBeNull();

        await Driver.StartAsync(machine, Cancellation);
        var first = await LookAsync(machine);
        first.Power.ShouldBe(ObservedPower.On);
        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).ProcessId.ShouldBe(first.ProcessId);
        await CreateAsync(machine);
        (await LookAsync(machine)).ProcessId.ShouldBe(first.ProcessId);

        for (var i = 0; i < 2; i++) await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await LookAsync(machine)).Detail.ShouldBeNull("a wanted end needs no explanation");

        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).ProcessId.ShouldNotBe(first.ProcessId);

        for (var i = 0; i < 2; i++) await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task The_firmware_is_seen_to_run()
    {
        var machine = await StartAsync();
        await Eventually.TrueAsync("firmware reads the boot medium", async () => (await LookAsync(machine)).FirmwareRan, SecondsToBoot);
    }

    [Fact]
    public async Task What_does_not_exist_is_NotFound_but_may_be_deleted()
    {
        var machine = Define();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StartAsync(machine, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.StopAsync(machine.Id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => Driver.KillAsync(machine.Id, Cancellation));
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
    }

    [Fact]
    public async Task Stop_returns_at_once_and_the_guest_shuts_down()
    {
        var machine = await StartWithAgentAsync();
        await Driver.StopAsync(machine.Id, Cancellation);
        await ShouldBeAsync(machine, ObservedPower.Off, SecondsToBoot);
        await Driver.StopAsync(machine.Id, Cancellation);
    }

    [Fact]
    public async Task Starting_from_many_sides_at_once_makes_one_running_machine()
    {
        var machine = await CreateAsync();
        IHypervisor[] drivers = [Driver, NewDriver(), NewDriver()];
        await Task.WhenAll(drivers.SelectMany(d => Enumerable.Range(0, 3).Select(_ => Task.Run(() => d.StartAsync(machine, Cancellation)))));
        var seen = await Task.WhenAll(drivers.Select(d => d.ObserveAsync(machine.Id, Cancellation)));
        seen.ShouldAllBe(o => o.Power == ObservedPower.On);
        seen.Select(o => o.ProcessId).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_machine_is_listed_with_its_id_until_it_is_deleted()
    {
        var machine = await StartAsync();
        var listed = (await Driver.ListAsync(Cancellation)).Single(m => m.MachineId == machine.Id);
        listed.Power.ShouldBe(ObservedPower.On);
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await Driver.ListAsync(Cancellation)).ShouldNotContain(m => m.MachineId == machine.Id);
    }

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
    public async Task A_creation_that_was_cancelled_leaves_nothing()
    {
        var machine = Define();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Driver.CreateAsync(machine, new Progress<double>(), cancelled.Token));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_creation_without_its_image_is_refused_and_leaves_nothing()
    {
        var machine = Define() with { Boot = Image with { Path = "/nowhere/at-all.qcow2" } };
        var failure = await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine));
        failure.Message.ShouldContain("boot.path");
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_port_that_is_taken_is_Busy_and_named()
    {
        var port = FreePort();
        PortForward[] forwards = [new("tcp", "127.0.0.1", port, 22)];
        await StartAsync(Define() with { Forwards = forwards });
        var second = await CreateAsync(Define() with { Forwards = forwards });
        var failure = await ShouldFailAsync(HypervisorErrorKind.Busy, () => Driver.StartAsync(second, Cancellation));
        failure.Message.ShouldContain($"{port}");
        (await LookAsync(second)).Power.ShouldBe(ObservedPower.Off);
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("-x")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("ümlaut")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_hostile_id_is_refused_everywhere(string id)
    {
        var machine = Define() with { Id = id };
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => CreateAsync(machine));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.StartAsync(machine, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.StopAsync(id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.KillAsync(id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.DeleteAsync(id, Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.ObserveAsync(id, Cancellation));
    }

    [Fact]
    public async Task The_probe_tells_version_accelerator_reason_and_capacity()
    {
        var probe = await Driver.ProbeAsync(Cancellation);
        probe.Version.ShouldNotBeNullOrEmpty();
        probe.Accelerator.ShouldNotBeNullOrEmpty();
        probe.AcceleratorReason.ShouldNotBeNullOrEmpty();
        probe.Capacity.MemoryMiB.ShouldBeGreaterThan(0);
        probe.Capacity.Cpus.ShouldBeGreaterThan(0);
        probe.Capacity.DiskFreeGiB.ShouldBeGreaterThan(0);
        probe.Problems.ShouldBeEmpty();
    }
}
