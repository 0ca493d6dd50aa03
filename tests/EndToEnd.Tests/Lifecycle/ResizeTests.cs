using System.Globalization;

namespace EndToEnd.Tests.Lifecycle;

/// <summary>Memory, CPUs and disk of a stopped machine, as its guest then sees them.</summary>
[Collection(LifecycleCollection.Name)]
public sealed class ResizeTests(LifecycleBed bed)
{
    [Fact]
    public async Task A_resized_machine_has_what_was_asked_for()
    {
        await bed.LaunchAsync("r", "--disk", "5G", "--no-start");
        await bed.Bed.Warren.RunAsync("resize", "r", "--memory", "256", "--cpus", "2", "--disk", "7G");
        await bed.Bed.Warren.RunAsync("start", "r");
        // The kernel takes some of it for itself before it counts.
        Number(await bed.Bed.SshAsync("r", "grep MemTotal: /proc/meminfo | tr -dc 0-9")).ShouldBeInRange(200 * 1024, 256 * 1024);
        (await bed.Bed.SshAsync("r", "nproc")).ShouldBe("2");
        Number(await bed.Bed.SshAsync("r", "cat /sys/block/vda/size")).ShouldBe(7L << 30 >> 9);

        var running = await bed.Bed.Warren.TryAsync("resize", "r", "--cpus", "1");
        (running.ExitCode, running.Error.Contains("running", StringComparison.Ordinal)).ShouldBe((6, true), running.Error);
        await bed.Bed.Warren.RunAsync("stop", "r");
        var smaller = await bed.Bed.Warren.TryAsync("resize", "r", "--disk", "5G");
        smaller.ExitCode.ShouldNotBe(0);
        smaller.Error.ShouldContain("only grow");
        (await bed.Bed.InfoAsync("r")).Spec.DiskGiB.ShouldBe(7, "what the machine still has");
        await bed.Bed.Warren.RunAsync("delete", "r");
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
