using EndToEnd.Tests.Running;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;

namespace EndToEnd.Tests.Versions;

/// <summary>The main job on QEMU 10 from Debian's backports, unpacked and not installed.</summary>
public sealed class Qemu10Tests
{
    [Fact]
    public async Task The_main_job_runs_on_QEMU_10_too()
    {
        var tree = await TreeAsync();
        string[] settings =
        [
            $"--Qemu:Program={tree}/usr/bin/qemu-system-x86_64",
            $"--Qemu:ImgProgram={tree}/usr/bin/qemu-img",
            $"--Qemu:Environment:LD_LIBRARY_PATH={tree}/usr/lib/x86_64-linux-gnu:{tree}/lib/x86_64-linux-gnu",
            $"--Qemu:Environment:QEMU_MODULE_DIR={tree}/usr/lib/x86_64-linux-gnu/qemu",
            "--Qemu:ExtraArguments:0=-L", $"--Qemu:ExtraArguments:1={tree}/usr/share/qemu",
            "--Qemu:ExtraArguments:2=-L", $"--Qemu:ExtraArguments:3={tree}/usr/share/seabios",
        ];
        await using var bed = await TestBed.CreateAsync();
        await bed.StartAsync(settings);
        (await bed.Warren.RunAsync("launch", "tiny", "--name", "a")).ShouldContain("a is running");
        (await bed.Client.GetHostAsync("local")).Version.ShouldStartWith("10.");
        await bed.Warren.RunAsync("wait", "a", "--for", "agent");
        (await bed.SshAsync("a", "hostname")).ShouldBe("a");
        var process = (await bed.InfoAsync("a")).ProcessId!.Value;
        File.ReadAllText($"/proc/{process}/cmdline").ShouldStartWith(tree);

        await bed.Server.KillAsync();
        await bed.StartAsync(settings);
        await Eventually.TrueAsync("it is adopted", async () => (await bed.InfoAsync("a")).State == MachineState.Running);
        (await bed.InfoAsync("a")).ProcessId.ShouldBe(process);
        (await bed.SshAsync("a", "hostname")).ShouldBe("a");
        var ports = bed.Traces.PortsInRows();
        await bed.Warren.RunAsync("delete", "a");
        bed.Traces.ShouldBeNone(ports);
    }

    /// <summary>From WARREN_TEST_QEMU10, else fetched once into the clone's cache. No packages: skipped, and says why.</summary>
    private static async Task<string> TreeAsync()
    {
        if (Environment.GetEnvironmentVariable("WARREN_TEST_QEMU10") is { Length: > 0 } given) return Path.GetFullPath(given);
        var tree = Path.Combine(Clone.Cache, "qemu10");
        try
        {
            await new CommandRunner().RequireAsync(new Command(Path.Combine(Clone.Root, "eng", "fetch-qemu-backports"), tree) { Timeout = TimeSpan.FromMinutes(10) });
        }
        catch (HypervisorException e)
        {
            Assert.Skip("QEMU 10 cannot be had from Debian's backports: " + e.Message);
        }

        return tree;
    }
}
