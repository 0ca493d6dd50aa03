using System.Globalization;
using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;
using Warren.Soak.Tests;

namespace Hypervisors.Tests.Qemu;

/// <summary>
/// Round after round, a running guest is suspended and goes on, or is kept with its memory and returned to: what it had on its
/// disk and in its memory then is there, and nothing of what came after. In full with WARREN_SOAK=full.
/// </summary>
public sealed class SnapshotMemoryCampaign : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private QemuHypervisor? _driver;
    private CountingGuest _guest = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    public async ValueTask DisposeAsync()
    {
        if (_driver is not null) await _driver.DeleteAsync("m1", CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    [Trait("Campaign", "yes")]
    public Task However_often_it_is_suspended_nothing_is_lost() => RepeatAsync("suspensions", Campaign.IsFull ? 1000 : 2, SuspendAsync);

    [Fact]
    [Trait("Campaign", "yes")]
    public Task However_often_its_memory_is_kept_and_brought_back_nothing_is_lost() => RepeatAsync("snapshots", Campaign.IsFull ? 200 : 3, SnapshotAsync);

    private async Task RepeatAsync(string what, int rounds, Func<MachineDefinition, int, Dice, long, Task<long>> roundAsync)
    {
        var dice = new Dice(Campaign.Seed());
        _driver = new QemuHypervisor(Options, TimeProvider.System);
        var machine = TreeRun.Define("m1", new BootMedium(await TinyImage.PathAsync(), "qcow2")) with { MemoryMiB = 192 };
        _guest = new CountingGuest(machine, () => _driver, Cancellation);
        await _guest.BeginAsync();
        var boot = await _guest.ShellAsync("cat /proc/sys/kernel/random/boot_id");
        var (began, total) = (TimeProvider.System.GetTimestamp(), 0L);
        for (var round = 1; round <= rounds; round++)
        {
            total = await roundAsync(machine, round, dice, total);
            if (round % 100 == 0 || round == rounds) Say(round, what, began, total);
        }

        (await _guest.ShellAsync("cat /proc/sys/kernel/random/boot_id")).ShouldBe(boot);
        await _driver.DeleteAsync("m1", Cancellation);
        TreeRun.Left(Options).ShouldBeEmpty();
    }

    private async Task<long> SuspendAsync(MachineDefinition machine, int round, Dice dice, long least)
    {
        var about = $"suspension {round}";
        await _guest.ScribbleAsync(dice.Roll(16));
        var sum = await _guest.SumAsync();
        await _guest.ShellAsync($"echo {round} >/tmp/suspended");
        var before = await _guest.CountAsync();
        before.ShouldBeGreaterThanOrEqualTo(least, about);
        // As after a restart of the server, now and then.
        if (dice.Chance(20)) _driver = new QemuHypervisor(Options, TimeProvider.System);
        await _driver!.Suspend!.SuspendAsync("m1", Cancellation);
        (await _driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Suspended, about);
        if (dice.Chance(20)) _driver = new QemuHypervisor(Options, TimeProvider.System);
        await _driver.StartAsync(machine, Cancellation);
        await _guest.AnswersAsync();
        (await _guest.ShellAsync("cat /tmp/suspended")).ShouldBe(round.ToString(CultureInfo.InvariantCulture), about);
        (await _guest.SumAsync()).ShouldBe(sum, about);
        Directory.EnumerateFiles(Path.Combine(Options.MachinesFolder, "m1"), "suspend.*").ShouldBeEmpty(about);
        return await _guest.GoesOnAsync(before, about);
    }

    private async Task<long> SnapshotAsync(MachineDefinition machine, int round, Dice dice, long least)
    {
        var about = $"round {round}";
        await _guest.ScribbleAsync(dice.Roll(16));
        var sum = await _guest.SumAsync();
        await _guest.ShellAsync($"echo {round} >/tmp/round");
        var before = await _guest.CountAsync();
        before.ShouldBeGreaterThanOrEqualTo(least, about);
        await _driver!.Snapshots!.CreateAsync("m1", $"s{round}", true, Cancellation);
        await _guest.ScribbleAsync(dice.Roll(16));
        await _guest.ShellAsync("echo after >/tmp/after");
        (await _guest.SumAsync()).ShouldNotBe(sum, about);
        var after = await _guest.CountAsync();
        after.ShouldBeGreaterThan(before, about);

        await _driver.Snapshots.RestoreAsync("m1", $"s{round}", null, Cancellation);
        await _guest.AnswersAsync();
        (await _guest.ShellAsync("test -e /tmp/after && echo there; cat /tmp/round")).ShouldBe(round.ToString(CultureInfo.InvariantCulture), about);
        (await _guest.SumAsync()).ShouldBe(sum, about);
        var now = await _guest.GoesOnAsync(before, about);
        if (round > 3) await _driver.Snapshots.DeleteAsync("m1", $"s{round - 3}", Cancellation);
        LayerCount().ShouldBeLessThanOrEqualTo(12, about);
        return now;
    }

    private void Say(int rounds, string what, long began, long total) => Campaign.Say(string.Create(CultureInfo.InvariantCulture,
        $"{rounds} {what} in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s, the guest has counted to {total}; layers left: {LayerCount()}"));

    private int LayerCount() => Path.Combine(Options.MachinesFolder, ".layers") is var layers && Directory.Exists(layers) ? Directory.EnumerateFiles(layers).Count() : 0;
}
