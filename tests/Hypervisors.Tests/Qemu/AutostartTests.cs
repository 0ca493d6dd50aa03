using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>Which machines are to be started because the host has started again: told by the boot that the record of their process is of.</summary>
public abstract partial class QemuSuite
{
    [Fact]
    public async Task Machines_that_ran_in_another_boot_and_are_marked_are_due_until_they_run_again()
    {
        var machine = await StartAsync();
        var autostart = Driver.Autostart!;
        await autostart.SetAsync(machine.Id, true, Cancellation);
        (await autostart.ListDueAsync(Cancellation)).ShouldBeEmpty("it runs");
        await Signal.SendAsync("KILL", (await LookAsync(machine)).ProcessId!.Value);
        await ShouldBeAsync(machine, ObservedPower.Off);
        (await autostart.ListDueAsync(Cancellation)).ShouldBeEmpty("it went in this boot: nobody started the host");

        OfAnotherBoot(machine);
        (await NewDriver().Autostart!.ListDueAsync(Cancellation)).ShouldBe([machine.Id]);
        await autostart.SetAsync(machine.Id, false, Cancellation);
        (await autostart.ListDueAsync(Cancellation)).ShouldBeEmpty("it is not marked");
        await autostart.SetAsync(machine.Id, true, Cancellation);
        await Driver.StartAsync(machine, Cancellation);
        (await autostart.ListDueAsync(Cancellation)).ShouldBeEmpty("it runs again");

        await Driver.KillAsync(machine.Id, Cancellation);
        (await autostart.ListDueAsync(Cancellation)).ShouldBeEmpty("it was ended on purpose, and leaves no record");
        (await autostart.GetAsync(machine.Id, Cancellation)).ShouldBeTrue();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => autostart.SetAsync("m0", true, Cancellation));
    }

    /// <summary>The record of its process, as it would be after the host has gone down and come up.</summary>
    private void OfAnotherBoot(MachineDefinition machine)
    {
        var file = FolderOf(machine).ProcessRecord;
        PrivateFile.Write(file, PrivateFile.Read<ProcessRecord>(file)! with { BootId = "7d3a4f0e-0000-4000-8000-000000000000" });
    }
}
