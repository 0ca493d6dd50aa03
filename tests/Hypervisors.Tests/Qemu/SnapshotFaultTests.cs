using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>Snapshots and clones when something goes wrong under them, and the cases that were once wrong.</summary>
public sealed class SnapshotFaultTests : IAsyncLifetime
{
    private const int WordAt = TreeRun.WordAt;

    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private readonly List<string> _machines = [];
    private BootMedium _image = null!;
    private QemuHypervisor _driver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    private ISnapshots Snapshots => _driver.Snapshots!;

    public async ValueTask InitializeAsync()
    {
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        _driver = new QemuHypervisor(Options, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _machines) await _driver.DeleteAsync(id, CancellationToken.None);
        if (Directory.Exists(Options.MachinesFolder)) TreeRun.Left(Options).ShouldBeEmpty("after all machines are deleted");
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_written_after_the_snapshot_that_a_machine_returned_to_does_not_come_back()
    {
        var machine = await StartAsync("m1");
        foreach (var word in new[] { "one", "two" })
        {
            await WriteLiveAsync(word);
            await Snapshots.CreateAsync("m1", word, false, Cancellation);
        }

        await WriteLiveAsync("three");
        await Snapshots.RestoreAsync("m1", "one", null, Cancellation);
        (await WordAsync("m1")).ShouldBe("one");
        await _driver.StartAsync(machine, Cancellation);
        await _driver.KillAsync("m1", Cancellation);
        (await WordAsync("m1")).ShouldBe("one");
    }

    [Fact]
    public async Task A_snapshot_goes_while_a_clone_runs_on_the_same_layers()
    {
        await CreateAsync("m1");
        foreach (var word in new[] { "one", "two" })
        {
            await DiskWord.WriteAsync(DiskOf("m1"), WordAt, word, Cancellation);
            await Snapshots.CreateAsync("m1", word, false, Cancellation);
        }

        var clone = Define("m2");
        await _driver.Clones!.CloneAsync("m1", clone, new Progress<double>(), Cancellation);
        await _driver.StartAsync(clone, Cancellation);
        await Snapshots.DeleteAsync("m1", "one", Cancellation);
        (await Snapshots.ListAsync("m1", Cancellation)).ShouldHaveSingleItem().Id.ShouldBe("two");
        await _driver.KillAsync("m2", Cancellation);
        await Snapshots.DeleteAsync("m1", "two", Cancellation);
        (await WordAsync("m1")).ShouldBe("two");
        (await WordAsync("m2")).ShouldBe("two");
    }

    [Fact]
    public async Task A_paused_machine_is_paused_after_its_memory_was_kept_and_its_disks_can_be_written()
    {
        await StartAsync("m1");
        await WriteLiveAsync("one");
        await Snapshots.CreateAsync("m1", "s1", true, Cancellation);
        (await PowerAsync("m1")).ShouldBe(ObservedPower.Paused);
        await WriteLiveAsync("two");
        await Snapshots.CreateAsync("m1", "s2", true, Cancellation);
        await Snapshots.RestoreAsync("m1", "s1", null, Cancellation);
        (await PowerAsync("m1")).ShouldBe(ObservedPower.On);
        (await WordAsync("m1", live: true)).ShouldBe("one");
    }

    [Fact]
    public async Task A_chain_stays_short_however_often_a_machine_that_is_never_off_is_taken_and_returned()
    {
        await StartAsync("m1");
        for (var i = 0; i < 6; i++)
        {
            await Snapshots.CreateAsync("m1", $"s{i}", true, Cancellation);
            await Snapshots.RestoreAsync("m1", $"s{i}", null, Cancellation);
            if (i > 0) await Snapshots.DeleteAsync("m1", $"s{i - 1}", Cancellation);
        }

        // Two disks: the one that stands and the one whose snapshot went while it was in use, of each.
        Directory.EnumerateFiles(Path.Combine(Options.MachinesFolder, ".layers")).Count().ShouldBeLessThanOrEqualTo(4);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("cancelled")]
    [Trait("Length", "long")]
    public async Task A_memory_snapshot_that_breaks_off_leaves_a_machine_that_can_be_used(string how)
    {
        var machine = await StartAsync("m1");
        await WriteLiveAsync("one");
        await _driver.Power!.ResumeAsync("m1", Cancellation);
        var pid = (await _driver.ObserveAsync("m1", Cancellation)).ProcessId!.Value;
        using var given = new CancellationTokenSource();
        var call = Snapshots.CreateAsync("m1", "s1", true, given.Token);
        var stream = Path.Combine(Options.MachinesFolder, "m1", "snapshots", "s1.memory.new");
        while (!File.Exists(stream) && !call.IsCompleted) await Task.Yield();
        await Signal.SendAsync("STOP", pid);
        if (how == "cancelled")
        {
            await given.CancelAsync();
            await Signal.SendAsync("CONT", pid);
        }
        else
        {
            await Signal.SendAsync(how, pid);
        }

        var failure = await Record.ExceptionAsync(() => call);
        if (failure is null) Assert.Skip("it was done before it could be broken off");
        if (how == "cancelled") failure.ShouldBeAssignableTo<OperationCanceledException>();
        else failure.ShouldBeOfType<HypervisorException>().Kind.ShouldBeOneOf(HypervisorErrorKind.Rejected, HypervisorErrorKind.Unreachable);
        (await PowerAsync("m1")).ShouldBe(how == "cancelled" ? ObservedPower.On : ObservedPower.Off);
        (await Snapshots.ListAsync("m1", Cancellation)).ShouldBeEmpty();
        Directory.EnumerateFiles(Path.GetDirectoryName(stream)!).Where(f => f.Contains("s1", StringComparison.Ordinal)).ShouldBeEmpty();

        if (how != "cancelled") await _driver.StartAsync(machine, Cancellation);
        await Snapshots.CreateAsync("m1", "s1", true, Cancellation);
        (await PowerAsync("m1")).ShouldBe(ObservedPower.On);
        await Snapshots.RestoreAsync("m1", "s1", null, Cancellation);
        (await WordAsync("m1", live: true)).ShouldBe("one");
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_QEMU_that_stands_still_fails_every_call_in_time_and_loses_nothing()
    {
        var machine = await StartAsync("m1");
        await WriteLiveAsync("one");
        await Snapshots.CreateAsync("m1", "s1", false, Cancellation);
        await WriteLiveAsync("two");
        var pid = (await _driver.ObserveAsync("m1", Cancellation)).ProcessId!.Value;
        await Signal.SendAsync("STOP", pid);
        foreach (var memory in new[] { false, true })
        {
            var began = TimeProvider.System.GetTimestamp();
            (await Should.ThrowAsync<HypervisorException>(() => Snapshots.CreateAsync("m1", "s2", memory, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Unreachable);
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        }

        await Signal.SendAsync("CONT", pid);
        await Snapshots.CreateAsync("m1", "s2", false, Cancellation);
        await WriteLiveAsync("three");
        await Signal.SendAsync("STOP", pid);
        await Snapshots.RestoreAsync("m1", "s2", null, Cancellation);
        (await WordAsync("m1")).ShouldBe("two");
        await Snapshots.RestoreAsync("m1", "s1", null, Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        await _driver.KillAsync("m1", Cancellation);
        (await WordAsync("m1")).ShouldBe("one");
    }

    [Fact]
    public async Task A_full_disk_fails_the_call_and_nothing_else()
    {
        var mounted = Directory.CreateDirectory(Options.MachinesFolder).FullName;
        var mount = await new CommandRunner().RunAsync(new Command("mount", "-t", "tmpfs", "-o", "size=12m,mode=0700", "tmpfs", mounted), Cancellation);
        Assert.SkipUnless(mount.ExitCode == 0, $"nothing can be mounted here: {mount.Error}");
        try
        {
            var filler = Path.Combine(mounted, ".locks", "filler");
            await CreateAsync("m1");
            await DiskWord.WriteAsync(DiskOf("m1"), WordAt, "one", Cancellation);
            await Snapshots.CreateAsync("m1", "s1", false, Cancellation);
            await Snapshots.CreateAsync("m1", "s2", false, Cancellation);
            await DiskWord.WriteAsync(DiskOf("m1"), WordAt, "two", Cancellation);
            foreach (var free in new[] { 0, 4, 8, 100, 192, 196, 200, 204, 256, 388, 392, 396, 400, 408, 600 })
            {
                foreach (var verb in new[] { "create", "clone", "restore", "delete" }) await OnFullDiskAsync(verb, filler, free << 10);
            }

            foreach (var id in _machines) await _driver.DeleteAsync(id, Cancellation);
            TreeRun.Left(Options).ShouldBeEmpty();
        }
        finally
        {
            await new CommandRunner().RequireAsync(new Command("umount", mounted), CancellationToken.None);
        }
    }

    private async Task OnFullDiskAsync(string verb, string filler, long free)
    {
        var about = $"{verb} with {free >> 10} KiB free";
        FullDisk.Fill(filler, free);
        HypervisorException? failure = null;
        try
        {
            await (verb switch
            {
                "create" => Snapshots.CreateAsync("m1", "s3", false, Cancellation),
                "restore" => Snapshots.RestoreAsync("m1", "s1", null, Cancellation),
                "delete" => Snapshots.DeleteAsync("m1", "s3", Cancellation),
                _ => _driver.Clones!.CloneAsync("m1", Define("m2"), new Progress<double>(), Cancellation),
            });
        }
        catch (HypervisorException e)
        {
            failure = e;
        }

        failure?.Kind.ShouldBe(HypervisorErrorKind.Rejected, about);
        File.Delete(filler);
        // Whatever it has begun, the same call ends; then all is as it was before.
        if (verb == "restore") await Snapshots.RestoreAsync("m1", "s1", null, Cancellation);
        (await WordAsync("m1")).ShouldBe(verb == "restore" ? "one" : "two", about);
        await Snapshots.DeleteAsync("m1", "s3", Cancellation);
        await _driver.DeleteAsync("m2", Cancellation);
        if (verb == "restore") await DiskWord.WriteAsync(DiskOf("m1"), WordAt, "two", Cancellation);
        (await Snapshots.ListAsync("m1", Cancellation)).Select(s => s.Id).ShouldBe(["s1", "s2"], ignoreOrder: true, customMessage: about);
    }

    private MachineDefinition Define(string id)
    {
        _machines.Add(id);
        return TreeRun.Define(id, _image);
    }

    private async Task<MachineDefinition> CreateAsync(string id)
    {
        var machine = Define(id);
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        return machine;
    }

    /// <summary>Running and paused.</summary>
    private async Task<MachineDefinition> StartAsync(string id)
    {
        var machine = await CreateAsync(id);
        await _driver.StartAsync(machine, Cancellation);
        await _driver.Power!.PauseAsync(id, Cancellation);
        return machine;
    }

    private Task WriteLiveAsync(string word) =>
        DiskWord.WriteLiveAsync(new MachineFolder(Options.MachinesFolder, "m1"), "disk0", WordAt, word, Cancellation);

    private Task<string?> WordAsync(string id, bool live = false) => DiskWord.ReadAsync(DiskOf(id), WordAt, Cancellation, live);

    private string DiskOf(string id) => TreeRun.Disks(Options, id)[0];

    private async Task<ObservedPower> PowerAsync(string id) => (await _driver.ObserveAsync(id, Cancellation)).Power;
}
