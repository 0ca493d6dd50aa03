using System.Text;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    private const string KeyOfFork = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0xnpI8xZ6F2V1nQ8m3m8rX5c7b9d0e1f2g3h4i5j6k fork@test";

    [Fact]
    public async Task Forks_go_on_from_the_frozen_moment_and_see_nothing_of_each_other()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await CreateAsync();
        await MarkAsync(parent, "frozen");
        await StartWithAgentAsync(parent);
        await WriteAsync(parent, "memory");
        var warm = await FrozenAsync(parent);
        await WriteAsync(parent, "parent");

        var (one, two) = (Define(), Define());
        foreach (var fork in new[] { one, two }) await ForkAsync(warm, fork);
        (await ReadAsync(one)).ShouldBe("memory");
        await WriteAsync(one, "one");
        (await ReadAsync(two)).ShouldBe("memory");
        (await ReadAsync(parent)).ShouldBe("parent");

        // And so it is with their disks.
        foreach (var machine in new[] { parent, one, two }) await Driver.KillAsync(machine.Id, Cancellation);
        await MarkAsync(parent, "parent");
        (await MarkOfAsync(one)).ShouldBe("frozen");
        await MarkAsync(one, "one");
        (await MarkOfAsync(two)).ShouldBe("frozen");
        (await MarkOfAsync(parent)).ShouldBe("parent");
    }

    [Fact]
    public async Task Freezing_leaves_the_machine_running_and_can_be_done_again()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        var before = await LookAsync(parent);
        await WriteAsync(parent, "first");
        var warm = await FrozenAsync(parent);
        await WriteAsync(parent, "second");
        // The one of that id that exists is left alone.
        await forks.FreezeAsync(parent.Id, warm, Cancellation);
        (await LookAsync(parent)).Power.ShouldBe(ObservedPower.On);
        (await LookAsync(parent)).ProcessId.ShouldBe(before.ProcessId);
        (await NewDriver().Forks!.ListAsync(Cancellation)).Count(id => id == warm).ShouldBe(1);
        (await Driver.ListAsync(Cancellation)).ShouldNotContain(m => m.MachineId == warm, "an image is no machine");

        var fork = await ForkAsync(warm, Define());
        (await ReadAsync(fork)).ShouldBe("first");
        // A fork that runs is left alone.
        await WriteAsync(fork, "its own");
        await forks.ForkAsync(warm, fork, Cancellation);
        (await ReadAsync(fork)).ShouldBe("its own");
    }

    [Fact]
    public async Task A_fork_is_renewed_once_however_often_it_is_asked_for()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        var warm = await FrozenAsync(parent);
        var (one, two) = (Define(), Define());
        foreach (var fork in new[] { one, two })
        {
            await ForkAsync(warm, fork);
            for (var i = 0; i < 2; i++)
                await forks.RenewAsync(fork, new ForkIdentity("root", [KeyOfFork], "echo once >> /root/first-boot"), Cancellation);
            (await FileAsync(fork, "/proc/sys/kernel/hostname")).ShouldBe(fork.Name);
            (await FileAsync(fork, "/root/first-boot")).ShouldBe("once");
            (await FileAsync(fork, "/root/.ssh/authorized_keys")).ShouldNotBeNull().ShouldContain(KeyOfFork);
            // As far as the guest names its card like this one.
            if (await FileAsync(fork, "/sys/class/net/eth0/address") is { } address) address.ShouldBe(fork.MacAddress);
        }

        if (await FileAsync(one, "/etc/machine-id") is { } identity) (await FileAsync(two, "/etc/machine-id")).ShouldNotBe(identity);
    }

    [Fact]
    public async Task Forks_outlive_their_warm_image_and_their_parent()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        await WriteAsync(parent, "kept");
        var warm = await FrozenAsync(parent);
        var fork = await ForkAsync(warm, Define());
        await Driver.DeleteAsync(parent.Id, Cancellation);
        for (var i = 0; i < 2; i++) await forks.DeleteAsync(warm, Cancellation);
        (await forks.ListAsync(Cancellation)).ShouldNotContain(warm);
        (await LookAsync(fork)).Power.ShouldBe(ObservedPower.On);
        (await ReadAsync(fork)).ShouldBe("kept");
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => forks.ForkAsync(warm, Define(), Cancellation));
    }

    [Fact]
    public async Task What_cannot_be_frozen_or_forked_is_refused_and_leaves_nothing()
    {
        var forks = Need(Driver.Forks, "forks");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => forks.FreezeAsync(machine.Id, "wnever", Cancellation), "it is off");
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => forks.FreezeAsync("mnever", "wnever", Cancellation), "there is no such machine");
        (await forks.ListAsync(Cancellation)).ShouldBeEmpty();
        var fork = Define();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => forks.ForkAsync("wnever", fork, Cancellation));
        (await LookAsync(fork)).Power.ShouldBe(ObservedPower.Missing);
        await forks.DeleteAsync("wnever", Cancellation);

        await Driver.StartAsync(machine, Cancellation);
        var warm = await FrozenAsync(machine);
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => forks.ForkAsync(warm, fork with { MemoryMiB = 256 }, Cancellation), "other memory");
        (await LookAsync(fork)).Power.ShouldBe(ObservedPower.Missing);
    }

    /// <summary>A warm image of the machine as it is, gone again when the machines are.</summary>
    private async Task<string> FrozenAsync(MachineDefinition machine)
    {
        var id = "w" + machine.Id;
        Afterwards(() => Driver.Forks!.DeleteAsync(id, CancellationToken.None));
        await NeedAsync(() => Driver.Forks!.FreezeAsync(machine.Id, id, Cancellation));
        return id;
    }

    private async Task<MachineDefinition> ForkAsync(string warm, MachineDefinition fork)
    {
        await Driver.Forks!.ForkAsync(warm, fork, Cancellation);
        (await LookAsync(fork)).Power.ShouldBe(ObservedPower.On);
        await AgentAnswersAsync(fork);
        return fork;
    }

    /// <summary>A word in a file that every guest has in memory.</summary>
    private Task WriteAsync(MachineDefinition machine, string word) => Driver.Guest!.WriteFileAsync(machine.Id, "/tmp/word", Encoding.UTF8.GetBytes(word), Cancellation);

    private Task<string?> ReadAsync(MachineDefinition machine) => FileAsync(machine, "/tmp/word");

    private async Task<string?> FileAsync(MachineDefinition machine, string path)
    {
        var bytes = await Driver.Guest!.ReadFileAsync(machine.Id, path, 1 << 16, Cancellation);
        return bytes is null ? null : Encoding.UTF8.GetString(bytes).Trim();
    }
}
