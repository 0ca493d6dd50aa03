using EndToEnd.Tests.Running;
using Hypervisors.Tests.Libvirt;
using Warren.Contracts;

namespace EndToEnd.Tests.Engines;

/// <summary>A machine's life on a host that was added at run time and is a real libvirtd.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class LibvirtHostTests(LibvirtDaemon daemon)
{
    [Fact]
    public async Task A_machine_lives_on_an_added_libvirt_host_and_leaves_nothing_there()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        await using var bed = await TestBed.CreateAsync(sight: new Sight(Path.Combine(daemon.Folder, "run")));
        await bed.StartAsync();
        await bed.StoreTinyAsync();
        await bed.Warren.RunAsync("hosts", "add", "lab", "--hypervisor", "libvirt", "--setting", "uri=qemu:///system", "--setting", $"poolPath={daemon.PoolPath}", "--setting", "accelerator=tcg");
        (await bed.Warren.RunAsync("hosts", "probe", "lab")).ShouldContain("online", Case.Insensitive);

        (await bed.Warren.RunAsync("launch", "tiny", "--name", "l", "--host", "lab", "--memory", "192", "--cpus", "1")).ShouldContain("l is running");
        await bed.Warren.RunAsync("wait", "l", "--for", "agent");
        (await bed.SshAsync("l", "hostname")).ShouldBe("l");
        await using (var screen = await Screen.OpenAsync(bed.Server, "l"))
        {
            screen.Greeting.ShouldStartWith("RFB 003.");
            (await screen.ColoursAsync()).ShouldBeGreaterThan(1, "text on a background");
        }

        (await bed.Warren.RunAsync("logs", "l")).ShouldContain("Linux version");
        (await bed.Client.ListHostMachinesAsync("lab").ToListAsync()).ShouldHaveSingleItem().Machine.ShouldBe("l");

        await bed.Warren.RunAsync("stop", "l", "--grace", "2m");
        (await bed.Warren.RunAsync("logs", "l")).ShouldContain("reboot: Power down");
        (await bed.InfoAsync("l")).State.ShouldBe(MachineState.Stopped);
        await bed.Warren.RunAsync("start", "l");
        await bed.Warren.RunAsync("wait", "l", "--for", "agent");

        (await bed.Warren.TryAsync("hosts", "remove", "lab")).ExitCode.ShouldNotBe(0, "it has a machine of ours");
        var ports = bed.Traces.PortsInRows();
        await bed.Warren.RunAsync("delete", "l");
        (await bed.Client.ListHostMachinesAsync("lab").ToListAsync()).ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
        bed.Traces.ShouldBeNone(ports);
        await bed.Warren.RunAsync("hosts", "remove", "lab");
        (await bed.Client.ListHostsAsync().ToListAsync()).ShouldHaveSingleItem().Name.ShouldBe("local");
    }
}
