using EndToEnd.Tests.Running;
using Warren.Contracts;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>On and off: asked from outside, done from inside, and by the clock.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class PowerTests(LifecycleBed bed)
{
    [Fact]
    public async Task A_guest_shuts_down_when_asked_starts_again_restarts_and_powers_itself_off()
    {
        await bed.LaunchAsync("p");
        await bed.Bed.Warren.RunAsync("wait", "p", "--for", "ssh");
        var first = await BootIdAsync();
        await bed.Bed.Warren.RunAsync("stop", "p", "--grace", "5m");
        // Had it been switched off, the guest would not have said this.
        (await bed.Bed.Warren.RunAsync("logs", "p")).ShouldContain("reboot: Power down");
        var stopped = await bed.Bed.InfoAsync("p");
        (stopped.State, stopped.Wanted, stopped.ProcessId, stopped.Problem).ShouldBe((MachineState.Stopped, WantedPower.Off, null, null));
        Traces.Listening([stopped.Ssh!.Port]).ShouldBeEmpty();

        await bed.Bed.Warren.RunAsync("start", "p");
        await bed.Bed.Warren.RunAsync("wait", "p", "--for", "agent");
        var second = await BootIdAsync();
        second.ShouldNotBe(first);
        var process = (await bed.Bed.InfoAsync("p")).ProcessId;
        await bed.Bed.Warren.RunAsync("restart", "p");
        (await BootIdAsync()).ShouldNotBe(second);
        (await bed.Bed.InfoAsync("p")).ProcessId.ShouldNotBe(process);

        await bed.Bed.SshAsync("p", "(sleep 1; poweroff) >/dev/null 2>&1 &");
        await bed.ShouldBecomeAsync("p", MachineState.Stopped);
        var off = await bed.Bed.InfoAsync("p");
        (off.Wanted, off.Problem).ShouldBe((WantedPower.Off, null));
        await bed.Bed.Warren.RunAsync("delete", "p");
    }

    [Fact]
    public async Task A_machine_with_a_time_to_live_deletes_itself()
    {
        var operation = (await bed.Bed.Client.ListOperationsAsync(LifecycleBed.ShortLived).ToListAsync()).Single(o => o.Kind == "machine.launch");
        await Eventually.TrueAsync("it is deleted", async () =>
            !await bed.Bed.Client.ListMachinesAsync().AnyAsync(m => m.Name == LifecycleBed.ShortLived), seconds: 120);
        var deletion = (await bed.Bed.Client.ListOperationsAsync(operation.SubjectId).ToListAsync()).Single(o => o.Kind == "machine.delete");
        deletion.Status.ShouldBe(OperationStatus.Succeeded);
        (deletion.CreatedAt - operation.CreatedAt).ShouldBeInRange(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(75));
        bed.Bed.Traces.MachineFolders().ShouldNotContain(operation.SubjectId);
    }

    private Task<string> BootIdAsync() => bed.Bed.SshAsync("p", "cat", "/proc/sys/kernel/random/boot_id");
}
