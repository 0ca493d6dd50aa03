using MachineHost;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Suspension;
using Warren.Soak.Tests;

namespace Hypervisors.Tests.Qemu;

/// <summary>Suspend to disk when something goes wrong in it, and of forks.</summary>
public sealed class SuspendTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private BootMedium _image = null!;
    private QemuHypervisor _driver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    private ISuspend Suspend => _driver.Suspend!;

    public async ValueTask InitializeAsync()
    {
        _image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        _driver = new QemuHypervisor(Options, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in new[] { "m1", "m2" }) await _driver.DeleteAsync(id, CancellationToken.None);
        await _driver.Forks!.DeleteAsync("warm", CancellationToken.None);
        if (Directory.Exists(Options.MachinesFolder)) TreeRun.Left(Options).ShouldBeEmpty("after all machines are deleted");
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_state_that_cannot_be_loaded_is_a_failure_that_says_so_and_is_kept()
    {
        var machine = await StartAsync();
        await Suspend.SuspendAsync("m1", Cancellation);
        var files = new SuspendFiles(new MachineFolder(Options.MachinesFolder, "m1"));
        File.GetUnixFileMode(files.State).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var whole = await File.ReadAllBytesAsync(files.State, Cancellation);
        foreach (var bad in new[] { whole[..(whole.Length / 2)], [.. whole[..4096], .. new byte[4096], .. whole[8192..]], [] })
        {
            await File.WriteAllBytesAsync(files.State, bad, Cancellation);
            var failure = await Should.ThrowAsync<HypervisorException>(() => _driver.StartAsync(machine, Cancellation));
            failure.Kind.ShouldBe(HypervisorErrorKind.Rejected, failure.Message);
            failure.Message.ShouldContain("memory");
            (await PowerAsync()).ShouldBe(ObservedPower.Suspended);
            (await File.ReadAllBytesAsync(files.State, Cancellation)).ShouldBe(bad, "it is kept as it was");
            QemuContract.ProcessesOf(Options.MachinesFolder + "/").ShouldBeEmpty();
        }

        File.Delete(files.State);
        (await Should.ThrowAsync<HypervisorException>(() => _driver.StartAsync(machine, Cancellation))).Message.ShouldContain("is gone");
        (await PowerAsync()).ShouldBe(ObservedPower.Suspended);
        await File.WriteAllBytesAsync(files.State, whole, Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        (await PowerAsync()).ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_port_that_is_taken_meanwhile_leaves_it_suspended()
    {
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        taken.Start();
        var machine = await StartAsync();
        await Suspend.SuspendAsync("m1", Cancellation);
        var port = ((System.Net.IPEndPoint)taken.LocalEndpoint).Port;
        var now = machine with { Forwards = [new PortForward("tcp", "127.0.0.1", port, 22)] };
        (await Should.ThrowAsync<HypervisorException>(() => _driver.StartAsync(now, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Busy);
        (await PowerAsync()).ShouldBe(ObservedPower.Suspended);
        taken.Stop();
        await _driver.StartAsync(now, Cancellation);
        (await PowerAsync()).ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task Disks_that_are_not_kept_and_disks_of_others_cannot_be_suspended()
    {
        var theirs = Path.Combine(_folder, "mine.raw");
        await File.WriteAllBytesAsync(theirs, new byte[1 << 20], Cancellation);
        foreach (var machine in new[] { TreeRun.Define("m1", _image) with { Ephemeral = true }, TreeRun.Define("m1", _image) with { DataDisks = [new DataDisk(0, theirs, "raw")] } })
        {
            await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
            await _driver.StartAsync(machine, Cancellation);
            (await Should.ThrowAsync<HypervisorException>(() => Suspend.SuspendAsync("m1", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Unsupported);
            (await PowerAsync()).ShouldBe(ObservedPower.On);
            await _driver.DeleteAsync("m1", Cancellation);
        }
    }

    [Fact]
    public async Task On_a_full_disk_it_is_refused_and_the_machine_runs_on()
    {
        var mounted = Directory.CreateDirectory(Options.MachinesFolder).FullName;
        var mount = await new CommandRunner().RunAsync(new Command("mount", "-t", "tmpfs", "-o", "size=180m,mode=0700", "tmpfs", mounted), Cancellation);
        Assert.SkipUnless(mount.ExitCode == 0, $"nothing can be mounted here: {mount.Error}");
        try
        {
            var machine = await StartAsync();
            var before = (await _driver.ObserveAsync("m1", Cancellation)).ProcessId;
            var filler = Path.Combine(mounted, ".locks", "filler");
            foreach (var free in new[] { 0, 256 })
            {
                FullDisk.Fill(filler, free << 10);
                var failure = await Should.ThrowAsync<HypervisorException>(() => Suspend.SuspendAsync("m1", Cancellation));
                failure.Kind.ShouldBe(HypervisorErrorKind.Rejected, failure.Message);
                var seen = await _driver.ObserveAsync("m1", Cancellation);
                (seen.Power, seen.ProcessId).ShouldBe((ObservedPower.On, before), $"{free} KiB free");
                File.Delete(filler);
                Directory.EnumerateFiles(Path.Combine(mounted, "m1"), "suspend.*").ShouldBeEmpty();
            }

            await Suspend.SuspendAsync("m1", Cancellation);
            await _driver.StartAsync(machine, Cancellation);
            await _driver.DeleteAsync("m1", Cancellation);
            TreeRun.Left(Options).ShouldBeEmpty();
        }
        finally
        {
            await _driver.DeleteAsync("m1", CancellationToken.None);
            // A QEMU that has ended may still be closing its files, thread by thread.
            await Eventually.TrueAsync("nothing holds the file system", async () => (await new CommandRunner().RunAsync(new Command("umount", mounted), CancellationToken.None)).ExitCode == 0);
        }
    }

    [Fact]
    [Trait("Campaign", "yes")]
    public async Task Whoever_is_killed_in_the_middle_nothing_is_lost()
    {
        var machine = TreeRun.Define("m1", _image);
        var guest = new CountingGuest(machine, () => _driver, Cancellation);
        await guest.BeginAsync();
        var (dice, boot) = (new Dice(Campaign.Seed()), await guest.ShellAsync("cat /proc/sys/kernel/random/boot_id"));
        var (count, interrupted, rounds) = (await guest.CountAsync(), 0, Campaign.IsFull ? 200 : 4);
        var times = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            var verb = round % 2 == 0 ? "suspend" : "start";
            if (verb == "start") await Suspend.SuspendAsync("m1", Cancellation);
            var longest = times.TryGetValue(verb, out var known) ? known : TimeSpan.FromSeconds(1);
            var delay = longest * (dice.Roll(1000) / 900.0);
            var about = $"{verb} killed after {delay.TotalMilliseconds:0} ms";
            var took = await KilledCall.RunAsync(Options, machine, new DriverCall(verb, "m1", "", false), delay, Cancellation);
            times[verb] = took ?? (longest * 1.1);
            if (took is null) interrupted++;
            _driver = new QemuHypervisor(Options, TimeProvider.System);
            (await PowerAsync()).ShouldBeOneOf([ObservedPower.On, ObservedPower.Paused, ObservedPower.Suspended], about);
            if (dice.Chance(50)) await Suspend.SuspendAsync("m1", Cancellation);
            await _driver.StartAsync(machine, Cancellation);
            (await PowerAsync()).ShouldBe(ObservedPower.On, about);
            await guest.AnswersAsync();
            (await guest.ShellAsync("cat /proc/sys/kernel/random/boot_id")).ShouldBe(boot, about);
            count = await guest.GoesOnAsync(count, about);
            Directory.EnumerateFiles(Path.Combine(Options.MachinesFolder, "m1"), "suspend.*").ShouldBeEmpty(about);
        }

        Campaign.Say($"{interrupted} of {rounds} calls were killed in their middle; the guest has counted to {count}");
    }

    [Fact]
    public async Task A_suspended_fork_needs_neither_its_warm_image_nor_its_parent_and_has_the_right_time_again()
    {
        var parent = new CountingGuest(TreeRun.Define("m1", _image), () => _driver, Cancellation);
        await parent.BeginAsync();
        await _driver.Forks!.FreezeAsync("m1", "warm", Cancellation);
        var fork = TreeRun.Define("m2", _image) with { MacAddress = "52:54:00:12:99:02" };
        var guest = new CountingGuest(fork, () => _driver, Cancellation);
        await _driver.Forks.ForkAsync("warm", fork, Cancellation);
        await guest.AnswersAsync();
        var count = await guest.CountAsync();
        await guest.ShellAsync("echo fork >/tmp/who; date -s 2001-01-01");
        await Suspend.SuspendAsync("m2", Cancellation);
        await _driver.DeleteAsync("m1", Cancellation);
        await _driver.Forks.DeleteAsync("warm", Cancellation);

        _driver = new QemuHypervisor(Options, TimeProvider.System);
        (await Should.ThrowAsync<HypervisorException>(() => _driver.Forks!.ForkAsync("warm", fork, Cancellation))).Message.ShouldContain("suspended");
        await _driver.StartAsync(fork, Cancellation);
        await guest.AnswersAsync();
        (await guest.ShellAsync("cat /tmp/who")).ShouldBe("fork");
        await guest.GoesOnAsync(count, "the fork");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        long.Parse(await guest.ShellAsync("date +%s"), System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBeInRange(now - 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1);
    }

    private async Task<MachineDefinition> StartAsync()
    {
        var machine = TreeRun.Define("m1", _image);
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        return machine;
    }

    private async Task<ObservedPower> PowerAsync() => (await _driver.ObserveAsync("m1", Cancellation)).Power;
}
