using Warren.Hypervisors;

namespace Hypervisors.Tests.Qemu;

/// <summary>Lines to agents that are kept: one for all drivers of the process, and none that outlives what it led to.</summary>
public abstract partial class QemuSuite
{
    [Fact]
    public async Task A_line_to_an_agent_that_is_kept_serves_every_driver_and_gives_way_when_it_has_broken()
    {
        var keeping = Options with { KeepAgentLines = true };
        IHypervisor[] drivers = [New(keeping), New(keeping), Driver];
        var machine = await StartWithAgentAsync();
        await ConnectionsAsync(machine, 0);
        // The one without would find the socket taken, if they did not share it.
        for (var i = 0; i < 2; i++) (await drivers[i].Guest!.PingAsync(machine.Id, Cancellation)).ShouldBeTrue();
        await ConnectionsAsync(machine, 1);
        var shells = await Task.WhenAll(Enumerable.Range(0, 9).Select(i => EchoAsync(drivers[i % 2], machine, $"{i}")));
        shells.ShouldBe(Enumerable.Range(0, 9).Select(i => $"{i}\n"));

        // A guest that stands still says nothing; what it was asked meanwhile it may still answer, to nobody.
        await drivers[0].Power!.PauseAsync(machine.Id, Cancellation);
        (await drivers[0].Guest!.PingAsync(machine.Id, Cancellation)).ShouldBeFalse();
        await drivers[1].Power!.ResumeAsync(machine.Id, Cancellation);
        await Eventually.TrueAsync("it answers again", () => drivers[1].Guest!.PingAsync(machine.Id, Cancellation));
        (await EchoAsync(drivers[0], machine, "in step")).ShouldBe("in step\n");

        // Another QEMU behind the same socket.
        await Driver.KillAsync(machine.Id, Cancellation);
        (await drivers[0].Guest!.PingAsync(machine.Id, Cancellation)).ShouldBeFalse();
        await Driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("the new one answers", () => drivers[0].Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        await ConnectionsAsync(machine, 1);
        (await EchoAsync(Driver, machine, "all")).ShouldBe("all\n");
        await drivers[1].DeleteAsync(machine.Id, Cancellation);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_fork_answers_over_a_line_that_was_there_before_it_ran()
    {
        var driver = New(Options with { KeepAgentLines = true });
        var parent = await StartWithAgentAsync();
        (await driver.Guest!.PingAsync(parent.Id, Cancellation)).ShouldBeTrue();
        await driver.Forks!.FreezeAsync(parent.Id, "warm", Cancellation);
        var fork = Define();
        await driver.Forks.ForkAsync("warm", fork, Cancellation);
        await ConnectionsAsync(fork, 1);
        (await EchoAsync(driver, fork, "here")).ShouldBe("here\n");
        (await EchoAsync(driver, parent, "there")).ShouldBe("there\n");
        foreach (var machine in new[] { fork, parent }) await driver.DeleteAsync(machine.Id, Cancellation);
        await driver.Forks.DeleteAsync("warm", Cancellation);
        NothingIsLeft();
    }

    private static async Task<string> EchoAsync(IHypervisor driver, MachineDefinition machine, string words)
    {
        var result = await driver.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", $"echo {words}"], null, TimeSpan.FromSeconds(60)), Cancellation);
        return System.Text.Encoding.UTF8.GetString(result.Output);
    }

    /// <summary>Waits until QEMU has so many connections on the agent's socket: it closes its end when it comes to it.</summary>
    private Task ConnectionsAsync(MachineDefinition machine, int count)
    {
        // Lines of /proc/net/unix with the socket's path, less the listening one.
        var path = " " + FolderOf(machine).AgentSocket;
        return Eventually.TrueAsync($"there are {count} connections", () => Task.FromResult(File.ReadLines("/proc/net/unix").Count(l => l.EndsWith(path, StringComparison.Ordinal)) - 1 == count));
    }
}
