using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_machine_goes_from_nothing_to_running_and_back()
    {
        var machine = Define();
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);

        await CreateAsync(machine);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await LookAsync(machine)).ProcessId.ShouldBeNull();

        await Driver.StartAsync(machine, Cancellation);
        var first = await LookAsync(machine);
        first.Power.ShouldBe(ObservedPower.On);

        await Driver.KillAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await LookAsync(machine)).Detail.ShouldBeNull("a wanted end needs no explanation");

        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
        if (first.ProcessId is not null) (await LookAsync(machine)).ProcessId.ShouldNotBe(first.ProcessId);

        // Running: no need to stop first.
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task The_firmware_is_seen_to_run()
    {
        var machine = await CreateAsync();
        (await LookAsync(machine)).FirmwareRan.ShouldBeFalse();
        await Driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("firmware reads the boot medium", async () => (await LookAsync(machine)).FirmwareRan, SecondsToBoot);
    }

    [Fact]
    public async Task Stop_returns_at_once_and_the_guest_shuts_down()
    {
        var machine = await StartWithAgentAsync();
        var began = TimeProvider.System.GetTimestamp();
        await Driver.StopAsync(machine.Id, Cancellation);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(10));
        await ShouldBeAsync(machine, ObservedPower.Off, SecondsToBoot);
        (await LookAsync(machine)).Detail.ShouldBeNull("a wanted end needs no explanation");
    }

    [Fact]
    public async Task A_machine_is_listed_with_its_id_until_it_is_deleted()
    {
        var machine = await CreateAsync();
        (await ListedAsync()).Power.ShouldBe(ObservedPower.Off);
        await Driver.StartAsync(machine, Cancellation);
        (await ListedAsync()).Power.ShouldBe(ObservedPower.On);
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await Driver.ListAsync(Cancellation)).ShouldNotContain(m => m.MachineId == machine.Id);

        async Task<FoundMachine> ListedAsync() => (await Driver.ListAsync(Cancellation)).Single(m => m.MachineId == machine.Id);
    }

    [Fact]
    public async Task Progress_goes_up_to_all_and_never_back()
    {
        var heard = new Heard();
        await Driver.CreateAsync(Define(), heard, Cancellation);
        heard.Values.ShouldNotBeEmpty();
        heard.Values.ShouldBeInOrder();
        heard.Values.ShouldAllBe(v => v >= 0 && v <= 1);
        heard.Values[^1].ShouldBe(1);
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

    [Fact]
    public async Task What_the_probe_calls_missing_is_a_facet_with_a_reason()
    {
        var probe = await Driver.ProbeAsync(Cancellation);
        var matrix = Capabilities.Of(Driver, probe);
        matrix.Keys.ShouldBe(Capabilities.All);
        foreach (var (name, reason) in probe.Missing)
        {
            Capabilities.All.ShouldContain(name);
            reason.ShouldNotBeNullOrWhiteSpace();
            matrix[name].ShouldNotBeNull();
        }
    }

    [Fact]
    public void The_kind_describes_itself_for_people()
    {
        Kind.Title.ShouldNotBeNullOrWhiteSpace();
        Kind.Summary.ShouldEndWith(".");
        Kind.BootFormats.ShouldContain(Image.Format);
        Kind.BootFormats.ShouldBeSubsetOf(["qcow2", "raw", "iso", "container"]);
        Kind.Settings.Select(s => s.Name).ShouldBeUnique();
        Kind.Settings.ShouldAllBe(s => s.Help.Length > 0 && (s.Default == null || !s.Required));
        Kind.MachineOptions.Select(o => o.Name).ShouldBeUnique();
        Kind.NamedNetworks.ShouldBe(Driver.Networks is not null, "a machine can name what the driver can list");
    }
}
