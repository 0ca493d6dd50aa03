using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>Limits of disks, as QEMU itself tells them, over all that exchanges the files under them.</summary>
public sealed class DiskLimitTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private QemuHypervisor _driver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Machines => Path.Combine(_folder, "m");

    public ValueTask InitializeAsync()
    {
        _driver = new QemuHypervisor(new QemuOptions { MachinesFolder = Machines, Accelerator = "tcg" }, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _driver.DeleteAsync("m1", CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task They_hold_after_snapshots_a_return_and_a_suspension_which_may_go_on_with_others()
    {
        var machine = TreeRun.Define("m1", new BootMedium(await TinyImage.PathAsync(), "qcow2")) with { DataDisks = [new DataDisk(1)], DiskMiBps = 20, DiskIops = 500 };
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        await TellsAsync(20, 500);
        await _driver.Snapshots!.CreateAsync("m1", "s1", memory: true, Cancellation);
        await TellsAsync(20, 500);
        await _driver.Snapshots.RestoreAsync("m1", "s1", null, Cancellation);
        await TellsAsync(20, 500);
        await _driver.Snapshots.RestoreAsync("m1", "s1", machine with { DiskMiBps = 5, DiskIops = 100 }, Cancellation);
        await TellsAsync(5, 100);
        await _driver.Snapshots.DeleteAsync("m1", "s1", Cancellation);
        await TellsAsync(5, 100);
        await _driver.Suspend!.SuspendAsync("m1", Cancellation);
        await _driver.StartAsync(machine with { DiskMiBps = 10, DiskIops = null }, Cancellation);
        await TellsAsync(10, 0);
        await _driver.Suspend.SuspendAsync("m1", Cancellation);
        await _driver.StartAsync(machine with { DiskMiBps = null, DiskIops = null }, Cancellation);
        await TellsAsync(0, 0);
        (await _driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.On);
    }

    /// <summary>Both disks share one limit; the seed has none.</summary>
    private async Task TellsAsync(int mebibytes, int operations)
    {
        var told = await new QemuControl(TimeProvider.System).AskAsync(new MachineFolder(Machines, "m1"), "query-block", null, QemuControl.Limit, Cancellation);
        var disks = told!.AsArray().Where(d => ((string?)d!["qdev"])?.Contains("disk", StringComparison.Ordinal) == true).ToList();
        disks.Count.ShouldBe(2);
        foreach (var disk in disks)
        {
            var inserted = disk!["inserted"]!;
            ((long)inserted["bps"]!, (long)inserted["iops"]!).ShouldBe(((long)mebibytes << 20, operations));
            ((string?)inserted["group"]).ShouldBe(mebibytes + operations == 0 ? null : "disks");
        }
    }
}
