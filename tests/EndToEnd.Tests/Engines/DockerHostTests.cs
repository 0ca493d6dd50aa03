using EndToEnd.Tests.Running;
using Hypervisors.Tests.Docker;
using Warren.Contracts;

namespace EndToEnd.Tests.Engines;

/// <summary>A machine's life on a host that was added at run time and is a real Docker Engine.</summary>
[Collection("docker")]
public sealed class DockerHostTests(PrivateEngine engine)
{
    [Fact]
    public async Task A_machine_lives_in_a_container_of_an_added_host_is_cloned_and_leaves_nothing_there()
    {
        Assert.SkipWhen(engine.Absent is not null, engine.Absent ?? "");
        await using var bed = await TestBed.CreateAsync();
        await bed.StartAsync();
        await bed.StoreTinyAsync();
        await bed.Warren.RunAsync("hosts", "add", "dock", "--hypervisor", "docker", "--setting", $"endpoint=unix://{engine.Socket}",
            "--setting", "runnerImage=warren/runner", "--setting", $"runnerArchive={engine.Runner}",
            "--setting", "accelerator=tcg", "--setting", "network=user", "--setting", "stopGrace=00:01:00");
        (await bed.Warren.RunAsync("hosts", "probe", "dock")).ShouldContain("online", Case.Insensitive);

        (await bed.Warren.RunAsync("launch", "tiny", "--name", "d", "--host", "dock", "--memory", "192", "--cpus", "1")).ShouldContain("d is running");
        await bed.Warren.RunAsync("wait", "d", "--for", "ssh");
        (await bed.SshAsync("d", "hostname")).ShouldBe("d");
        // Past its file system, which is in memory.
        await bed.SshAsync("d", "echo kept | dd of=/dev/vda bs=512 seek=1000000 conv=fsync");
        await using (var screen = await Screen.OpenAsync(bed.Server, "d"))
        {
            screen.Greeting.ShouldStartWith("RFB 003.");
            (await screen.ColoursAsync()).ShouldBeGreaterThan(1, "text on a background");
        }

        (await bed.Client.ListHostMachinesAsync("dock").ToListAsync()).ShouldHaveSingleItem().Machine.ShouldBe("d");
        await bed.Warren.RunAsync("stop", "d", "--grace", "1m");
        var log = await bed.Warren.RunAsync("logs", "d");
        log.ShouldContain("Linux version");
        log.ShouldContain("reboot: Power down", customMessage: "the guest's own kernel has switched off");
        (await bed.InfoAsync("d")).State.ShouldBe(MachineState.Stopped);

        await bed.Warren.RunAsync("clone", "d", "--name", "e");
        await bed.Warren.RunAsync("wait", "e", "--for", "ssh");
        (await bed.SshAsync("e", "hostname; dd if=/dev/vda bs=512 skip=1000000 count=1 | head -c 4")).ShouldBe("e\nkept");

        var ports = bed.Traces.PortsInRows();
        ports.ShouldNotBeEmpty();
        await bed.Warren.RunAsync("delete", "d");
        await bed.Warren.RunAsync("delete", "e");
        (await bed.Client.ListHostMachinesAsync("dock").ToListAsync()).ShouldBeEmpty();
        await EngineContents.ShouldBeEmptyAsync(engine);
        bed.Traces.ShouldBeNone(ports);
        await bed.Warren.RunAsync("hosts", "remove", "dock");
        (await bed.Client.ListHostsAsync().ToListAsync()).ShouldHaveSingleItem().Name.ShouldBe("local");
    }
}
