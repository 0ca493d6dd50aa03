using System.Globalization;
using Warren.Hypervisors;

namespace Hypervisors.Tests.Qemu;

/// <summary>Forks of a machine that writes to its memory as fast as it can: what was copied while it ran is old where it has gone on.</summary>
public abstract partial class QemuSuite
{
    /// <summary>
    /// Four at once keep 24 MiB in memory moving: files that end in the sum of what they hold, each made anew again and again and put in its
    /// place at one moment, and a number for how often.
    /// </summary>
    private const string Writers =
        """
        mkdir -p /tmp/b; cd /tmp/b; for w in 1 2 3 4; do (
        i=0; while :; do i=$((i+1)); f=$w-$((i%6)); dd if=/dev/urandom of=$f.n bs=64k count=16 2>/dev/null; s=$(md5sum <$f.n); echo "$s" >>$f.n; mv $f.n $f; echo $i >c.$w; mv c.$w count-$w; done
        ) >/dev/null 2>&1 </dev/null & echo $! >>/tmp/writers; done
        """;

    private const string Check =
        """
        kill $(cat /tmp/writers); cd /tmp/b; for w in 1 2 3 4; do for i in 0 1 2 3 4 5; do f=$w-$i; s=$(head -c 1048576 $f | md5sum); test "$s" = "$(tail -c +1048577 $f)" && echo good || echo BAD $f; done; done
        dmesg | grep -iE "bug:|oops|corrupt|bad page" || true
        """;

    [Fact]
    public async Task A_fork_of_a_machine_that_writes_to_its_memory_all_the_time_has_it_as_it_was_at_one_moment()
    {
        const int Rounds = 3;
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        await ShellAsync(parent, Writers);
        await Eventually.TrueAsync("all have gone round", async () => (await CountsAsync(parent)) is { Length: 4 } counts && counts.All(c => c > 6), 120);
        for (var round = 0; round < Rounds; round++)
        {
            var before = await CountsAsync(parent);
            // Every other one as the server makes it: its QEMU is there before the memory is.
            var child = Define();
            await forks.FreezeAsync(parent.Id, "busy", round % 2 == 0 ? [child] : [], Cancellation);
            await ForkAsync(forks, "busy", child);
            await forks.DeleteAsync("busy", Cancellation);
            // It goes on from there by itself.
            var counts = await CountsAsync(child);
            for (var w = 0; w < 4; w++) counts[w].ShouldBeGreaterThanOrEqualTo(before[w]);
            await Eventually.TrueAsync("it writes on", async () => (await CountsAsync(child)).Zip(counts).All(c => c.First > c.Second), 120);
            var found = (await ShellAsync(child, Check)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            found.ShouldBe(Enumerable.Repeat("good", 24), $"round {round}");
            await Driver.DeleteAsync(child.Id, Cancellation);
        }

        (await ShellAsync(parent, Check)).ShouldNotContain("BAD");
        await Driver.DeleteAsync(parent.Id, Cancellation);
        NothingIsLeft();
    }

    private async Task<long[]> CountsAsync(MachineDefinition machine) =>
        [.. (await ShellAsync(machine, "cat /tmp/b/count-*")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(c => long.Parse(c, CultureInfo.InvariantCulture))];
}
