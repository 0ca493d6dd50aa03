using System.Globalization;
using System.Text;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>A guest that counts in its memory, and whose second disk has a sum: what is lost of either is seen.</summary>
/// <param name="machine">The machine, with a data disk.</param>
/// <param name="driver">Any driver on its host.</param>
/// <param name="cancellation">Ends all waiting.</param>
internal sealed class CountingGuest(MachineDefinition machine, Func<QemuHypervisor> driver, CancellationToken cancellation)
{
    // A counter in memory (the guest's root is memory).
    private const string Counter = "i=0; while :; do i=$((i+1)); echo $i >/tmp/c.new; mv /tmp/c.new /tmp/count; sleep 0.1; done";

    private const string Sum = "echo 3 >/proc/sys/vm/drop_caches; head -c 4194304 /dev/vdb | md5sum | cut -d' ' -f1";

    internal async Task BeginAsync()
    {
        await driver().CreateAsync(machine, new Progress<double>(), cancellation);
        await driver().StartAsync(machine, cancellation);
        await AnswersAsync();
        await ShellAsync($"({Counter}) >/dev/null 2>&1 </dev/null &");
        await Eventually.TrueAsync("it counts", async () => await ShellAsync("test -e /tmp/count && echo yes || true") == "yes");
    }

    internal Task AnswersAsync() => Eventually.TrueAsync("the agent answers", () => driver().Guest!.PingAsync(machine.Id, cancellation), 240);

    internal async Task<long> CountAsync() => long.Parse(await ShellAsync("cat /tmp/count"), CultureInfo.InvariantCulture);

    /// <summary>Writes to a sixteenth of what is summed up.</summary>
    internal Task ScribbleAsync(int at) => ShellAsync($"dd if=/dev/urandom of=/dev/vdb bs=256k count=1 seek={at} conv=fsync,notrunc 2>/dev/null");

    internal Task<string> SumAsync() => ShellAsync(Sum);

    /// <summary>It counts on from where it stood.</summary>
    /// <returns>Where it is now.</returns>
    internal async Task<long> GoesOnAsync(long least, string about)
    {
        var now = await CountAsync();
        now.ShouldBeGreaterThanOrEqualTo(least, about);
        await Eventually.TrueAsync($"{about}: it counts on", async () => await CountAsync() > now);
        return now;
    }

    internal async Task<string> ShellAsync(string script)
    {
        var result = await driver().Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", script], null, TimeSpan.FromMinutes(5)), cancellation);
        result.ExitCode.ShouldBe(0, $"{script}: {Encoding.UTF8.GetString(result.Error)}");
        return Encoding.UTF8.GetString(result.Output).Trim();
    }
}
