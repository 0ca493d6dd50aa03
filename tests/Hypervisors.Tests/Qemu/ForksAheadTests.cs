using Warren.Hypervisors;

namespace Hypervisors.Tests.Qemu;

/// <summary>QEMUs of forks that were spawned before there was anything to fork.</summary>
public abstract partial class QemuSuite
{
    [Fact]
    public async Task A_fork_whose_QEMU_was_there_before_the_image_goes_on_where_the_image_stands()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        await ShellAsync(parent, "echo first > /tmp/mark");
        MachineDefinition[] children = [.. Enumerable.Range(0, 2).Select(_ => Define() with { Forwards = [new("tcp", "127.0.0.1", FreePort(), 22)] })];
        // One asks for what no fork can have.
        await forks.FreezeAsync(parent.Id, "warm", [.. children, Define() with { MemoryMiB = parent.MemoryMiB * 2 }], Cancellation);
        ProcessesOf(Options.MachinesFolder + "/").Length.ShouldBe(3, "the parent, and two that wait");
        var waiting = ProcessesOf(FolderOf(children[0]).Path + "/").ShouldHaveSingleItem();
        await ForkAsync(forks, "warm", children[0]);
        (await LookAsync(children[0])).ProcessId.ShouldBe(waiting);
        (await ShellAsync(children[0], "cat /tmp/mark")).ShouldBe("first\n");

        // The other waits for an image that is gone. One that is made in its place, of the same name, is another.
        await forks.DeleteAsync("warm", Cancellation);
        await ShellAsync(parent, "echo second > /tmp/mark");
        await forks.FreezeAsync(parent.Id, "warm", Cancellation);
        var stale = ProcessesOf(FolderOf(children[1]).Path + "/").ShouldHaveSingleItem();
        await ForkAsync(forks, "warm", children[1]);
        (await LookAsync(children[1])).ProcessId.ShouldNotBe(stale);
        (await ShellAsync(children[1], "cat /tmp/mark")).ShouldBe("second\n");
        (await ShellAsync(children[0], "cat /tmp/mark")).ShouldBe("first\n");

        // What fails, or is given up, leaves none that waits for ever.
        await Driver.KillAsync(parent.Id, Cancellation);
        var never = Define();
        await Should.ThrowAsync<HypervisorException>(() => forks.FreezeAsync(parent.Id, "never", [never], Cancellation));
        ProcessesOf(FolderOf(never).Path + "/").ShouldBeEmpty();
        Directory.Exists(FolderOf(never).Path).ShouldBeFalse();
        foreach (var machine in children.Append(parent)) await Driver.DeleteAsync(machine.Id, Cancellation);
        await forks.DeleteAsync("warm", Cancellation);
        NothingIsLeft();
    }
}
