using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu;

namespace Hypervisors.Tests.Qemu;

/// <summary>
/// Freezing, forking and renewing when something goes wrong under them: a QEMU that is killed or stands still, a silent agent, a
/// full disk. What was asked for fails and says so, the parent runs on, nothing is left, and the same can be done again.
/// </summary>
public sealed class ForkFaultTests : IAsyncLifetime
{
    private static readonly ForkIdentity s_identity = new("root", [], null);

    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private MachineDefinition _parent = null!;
    private CountingGuest _guest = null!;
    private QemuHypervisor _driver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private QemuOptions Options => new() { MachinesFolder = Path.Combine(_folder, "m"), Accelerator = "tcg" };

    private IForks Forks => _driver.Forks!;

    private MachineDefinition Fork => _parent with { Id = "m2", Name = "fork", MacAddress = "52:54:00:12:99:02" };

    private string Warm => Path.Combine(Options.MachinesFolder, ".warm");

    public async ValueTask InitializeAsync()
    {
        _driver = new QemuHypervisor(Options, TimeProvider.System);
        _parent = TreeRun.Define("m1", new BootMedium(await TinyImage.PathAsync(), "qcow2"));
        _guest = new CountingGuest(_parent, () => _driver, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in new[] { "m1", "m2" }) await _driver.DeleteAsync(id, CancellationToken.None);
        await Forks.DeleteAsync("warm", CancellationToken.None);
        if (Directory.Exists(Options.MachinesFolder)) TreeRun.Left(Options).ShouldBeEmpty("after all is deleted");
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("stuck")]
    [InlineData("cancelled")]
    [Trait("Length", "long")]
    public async Task A_freeze_that_breaks_off_leaves_no_warm_image_and_a_machine_that_can_be_frozen(string how)
    {
        await _guest.BeginAsync();
        var (count, pid) = (await _guest.CountAsync(), await PidAsync("m1"));
        using var given = new CancellationTokenSource();
        var call = Forks.FreezeAsync("m1", "warm", given.Token);
        while (!Directory.Exists(Path.Combine(Warm, ".new-warm")) && !call.IsCompleted) await Task.Yield();
        await BreakAsync(how, pid, given);
        await ShouldFailAsync(call, how);
        Left().ShouldBeEmpty();
        (await Forks.ListAsync(Cancellation)).ShouldBeEmpty();
        if (how == "stuck") await Signal.SendAsync("CONT", pid);
        if (how == "killed")
        {
            (await _driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Off);
            await _driver.StartAsync(_parent, Cancellation);
            await _guest.AnswersAsync();
        }
        else
        {
            await _guest.GoesOnAsync(count, how);
        }

        await ForkWorksAsync();
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("stuck")]
    [InlineData("cancelled")]
    [Trait("Length", "long")]
    public async Task A_fork_that_breaks_off_leaves_nothing_and_can_be_made_again(string how)
    {
        await _guest.BeginAsync();
        await Forks.FreezeAsync("m1", "warm", Cancellation);
        using var given = new CancellationTokenSource();
        var call = Forks.ForkAsync("warm", Fork, given.Token);
        int? pid = null;
        while ((pid = MachineProcess.Search(new MachineFolder(Options.MachinesFolder, "m2"))) is null && !call.IsCompleted) await Task.Yield();
        if (pid is { } found) await BreakAsync(how, found, given);
        await ShouldFailAsync(call, how);
        Directory.Exists(Path.Combine(Options.MachinesFolder, "m2")).ShouldBeFalse();
        if (pid is { } gone) HostProcesses.StartTicks(gone).ShouldBeNull("its QEMU is gone");
        await ForkWorksAsync();
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("stuck")]
    [InlineData("silent")]
    [Trait("Length", "long")]
    public async Task A_fork_that_cannot_be_renewed_says_so_and_has_no_link_until_it_can(string how)
    {
        await _guest.BeginAsync();
        await Forks.FreezeAsync("m1", "warm", Cancellation);
        await Forks.ForkAsync("warm", Fork, Cancellation);
        var fork = new CountingGuest(Fork, () => _driver, Cancellation);
        await fork.AnswersAsync();
        var pid = await PidAsync("m2");
        if (how == "silent") await fork.ShellAsync("(sleep 0.3; kill -STOP $(pidof qemu-ga); sleep 30; kill -CONT $(pidof qemu-ga)) >/dev/null 2>&1 </dev/null &");
        if (how == "silent") await Eventually.TrueAsync("the agent is silent", async () => !await _driver.Guest!.PingAsync("m2", Cancellation));
        if (how != "silent") await Signal.SendAsync(how == "killed" ? "KILL" : "STOP", pid);
        var failure = await Should.ThrowAsync<HypervisorException>(() => Forks.RenewAsync(Fork, s_identity, Cancellation));
        failure.Kind.ShouldBeOneOf(HypervisorErrorKind.Unreachable, HypervisorErrorKind.NotFound);
        File.Exists(new MachineFolder(Options.MachinesFolder, "m2").Twin).ShouldBeTrue("it is still taken for its parent's twin");
        if (how == "stuck") await Signal.SendAsync("CONT", pid);
        if (how != "killed")
        {
            // The same call, once it can be.
            await fork.AnswersAsync();
            await Forks.RenewAsync(Fork, s_identity, Cancellation);
            (await fork.ShellAsync("hostname")).ShouldBe(Fork.Name);
        }

        await _driver.DeleteAsync("m2", Cancellation);
        await ForkWorksAsync();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task On_a_full_disk_nothing_is_frozen_or_forked_and_nothing_is_lost()
    {
        var mounted = Directory.CreateDirectory(Options.MachinesFolder).FullName;
        var mount = await new CommandRunner().RunAsync(new Command("mount", "-t", "tmpfs", "-o", "size=400m,mode=0700", "tmpfs", mounted), Cancellation);
        Assert.SkipUnless(mount.ExitCode == 0, $"nothing can be mounted here: {mount.Error}");
        try
        {
            await _guest.BeginAsync();
            var filler = Path.Combine(mounted, ".locks", "filler");
            var count = await _guest.CountAsync();
            foreach (var free in new[] { 0, 64, 300, 600, 8 << 10, 48 << 10 })
            {
                FullDisk.Fill(filler, (long)free << 10);
                await ShouldBeFullAsync(() => Forks.FreezeAsync("m1", "warm", Cancellation), $"{free} KiB free");
                Left().ShouldBeEmpty($"{free} KiB free");
                File.Delete(filler);
                count = await _guest.GoesOnAsync(count, $"frozen with {free} KiB free");
            }

            await Forks.FreezeAsync("m1", "warm", Cancellation);
            foreach (var free in new[] { 0, 4, 100, 200, 300 })
            {
                FullDisk.Fill(filler, (long)free << 10);
                await ShouldBeFullAsync(() => Forks.ForkAsync("warm", Fork, Cancellation), $"{free} KiB free");
                Directory.Exists(Path.Combine(mounted, "m2")).ShouldBeFalse($"{free} KiB free");
                File.Delete(filler);
            }

            await ForkWorksAsync();
            await _guest.GoesOnAsync(count, "at the end");
        }
        finally
        {
            foreach (var id in new[] { "m1", "m2" }) await _driver.DeleteAsync(id, CancellationToken.None);
            await Forks.DeleteAsync("warm", CancellationToken.None);
            var left = TreeRun.Left(Options).ToList();
            // A QEMU that has ended may still be closing its files, thread by thread.
            await Eventually.TrueAsync("nothing holds the file system", async () => (await new CommandRunner().RunAsync(new Command("umount", mounted), CancellationToken.None)).ExitCode == 0);
            left.ShouldBeEmpty();
        }
    }

    private static async Task BreakAsync(string how, int pid, CancellationTokenSource given)
    {
        if (how == "cancelled") await given.CancelAsync();
        else await Signal.SendAsync(how == "killed" ? "KILL" : "STOP", pid);
    }

    private static async Task ShouldFailAsync(Task call, string how)
    {
        var failure = await Record.ExceptionAsync(() => call);
        if (failure is null) Assert.Skip("it was done before it could be broken off");
        if (how == "cancelled") failure.ShouldBeAssignableTo<OperationCanceledException>();
        else failure.ShouldBeOfType<HypervisorException>(failure.ToString()).Kind.ShouldBeOneOf(HypervisorErrorKind.Rejected, HypervisorErrorKind.Unreachable);
    }

    private static async Task ShouldBeFullAsync(Func<Task> call, string about) =>
        (await Should.ThrowAsync<HypervisorException>(call, about)).Kind.ShouldBe(HypervisorErrorKind.Rejected, about);

    /// <summary>From the start, to a fork that has a name of its own.</summary>
    private async Task ForkWorksAsync()
    {
        await Forks.FreezeAsync("m1", "warm", Cancellation);
        await Forks.ForkAsync("warm", Fork, Cancellation);
        var fork = new CountingGuest(Fork, () => _driver, Cancellation);
        await fork.AnswersAsync();
        await Forks.RenewAsync(Fork, s_identity, Cancellation);
        (await fork.ShellAsync("hostname")).ShouldBe(Fork.Name);
        await _driver.DeleteAsync("m2", Cancellation);
    }

    private IEnumerable<string> Left() => Directory.Exists(Warm) ? Directory.EnumerateFileSystemEntries(Warm) : [];

    private async Task<int> PidAsync(string id) => (await _driver.ObserveAsync(id, Cancellation)).ProcessId!.Value;
}
