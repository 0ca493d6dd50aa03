using Warren.Hypervisors;

namespace Hypervisors.Tests.Proxmox;

/// <summary>Tasks that fail, hang, are held up, are cancelled, lose their node, or are older than the driver.</summary>
public sealed class ProxmoxTaskTests : ProxmoxSession
{
    [Theory]
    [InlineData("start failed: QEMU exited with code 1", HypervisorErrorKind.Rejected)]
    [InlineData("can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout", HypervisorErrorKind.Busy)]
    [InlineData("VM is locked (backup)", HypervisorErrorKind.Busy)]
    [InlineData("cluster not ready - no quorum?", HypervisorErrorKind.Unreachable)]
    [InlineData("Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist", HypervisorErrorKind.NotFound)]
    public async Task A_task_that_fails_ends_in_the_kind_of_its_words(string exit, HypervisorErrorKind kind)
    {
        Put("m1", 100);
        Server.Failing["qmstart"] = exit;
        (await ShouldFailAsync(kind, () => Driver().StartAsync(Define("m1"), Cancellation))).Message.ShouldContain(exit);
        Server.Tasks.ShouldHaveSingleItem().Asked.ShouldBeLessThan(100, "an end is an end");
        await Driver().StartAsync(Define("m1"), Cancellation);
    }

    [Fact]
    public async Task A_task_that_hangs_is_stopped_at_its_deadline_and_is_Unreachable()
    {
        Put("m1", 100);
        Server.Hanging["qmstart"] = 0;
        var failure = await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver(Server.Options("pve1") with { TaskTimeout = TimeSpan.FromSeconds(1) }).StartAsync(Define("m1"), Cancellation));
        failure.Message.ShouldContain("did not end");
        Server.Tasks.Single(t => t.Type == "qmstart").WasStopped.ShouldBeTrue();
    }

    [Fact]
    public async Task A_call_that_is_given_up_stops_its_task_by_its_name()
    {
        Put("m1", 100);
        Server.Hanging["qmstart"] = 0;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var start = Driver().StartAsync(Define("m1"), patience.Token);
        await Eventually.TrueAsync("it runs", () => Task.FromResult(Server.Tasks.Any(t => t.Type == "qmstart" && t.Asked > 1)), 20);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => start);
        var task = Server.Tasks.Single(t => t.Type == "qmstart");
        task.Exit.ShouldBe("interrupted by signal");
        Server.Seen.Single(r => r.Route == "DELETE /nodes/{node}/tasks/{upid}")["upid"].ShouldBe(task.Upid);
    }

    [Fact]
    public async Task A_lock_of_another_is_Busy_and_nothing_is_begun()
    {
        Put("m1", 100).Config["lock"] = "backup";
        await ShouldFailAsync(HypervisorErrorKind.Busy, () => Driver().StartAsync(Define("m1"), Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Busy, () => Driver().DeleteAsync("m1", Cancellation));
        Server.Tasks.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_driver_waits_for_the_same_task_and_begins_no_other()
    {
        var machine = Put("m1", 100);
        using var release = new SemaphoreSlim(0);
        var upid = Server.Begin("pve1", "qmstart", "100", machine, async task =>
        {
            await release.WaitAsync(task.Stopped);
            machine.PowerOn(fresh: true);
        });
        var start = Driver().StartAsync(Define("m1"), Cancellation);
        await Eventually.TrueAsync("it is asked after", () => Task.FromResult(Server.Tasks.Single().Asked > 2), 20);
        start.IsCompleted.ShouldBeFalse();
        release.Release();
        await start;
        Server.Tasks.Single().Upid.ShouldBe(upid);
        Server.Seen.ShouldNotContain(r => r.Route == "POST /nodes/{node}/qemu/{vmid}/status/start");
        machine.Runs.ShouldBe(1);
    }

    [Fact]
    public async Task A_creation_that_was_broken_off_is_gone_on_with_and_its_import_is_joined()
    {
        var half = Server.Put(100, "pve1", ("name", "warren-m1-100"), ("tags", "warren-m1-100"), ("memory", "256"), ("cores", "1"));
        using var release = new SemaphoreSlim(0);
        var upid = Server.Begin("pve1", "qmconfig", "100", half, async task =>
        {
            await release.WaitAsync(task.Stopped);
            Server.Volumes["local-lvm:vm-100-disk-0"] = 1L << 30;
            (half.Config["scsi0"], half.Config["boot"]) = ("local-lvm:vm-100-disk-0,size=1G", "order=scsi0");
        });
        var driver = Driver();
        (await driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Unknown);
        await ShouldFailAsync(HypervisorErrorKind.Busy, () => driver.StartAsync(Define("m1"), Cancellation));
        var create = driver.CreateAsync(Define("m1"), Unheard, Cancellation);
        await Eventually.TrueAsync("it is asked after", () => Task.FromResult(Server.Tasks.Single(t => t.Upid == upid).Asked > 2), 20);
        release.Release();
        await create;
        Server.Machines.ShouldHaveSingleItem().Config["name"].ShouldBe("web");
        Server.Seen.ShouldNotContain(r => r.Values.ContainsKey("scsi0"), "the disk is imported once");
    }

    [Fact]
    public async Task A_node_that_goes_away_in_the_middle_of_a_move_is_Unreachable()
    {
        var machine = Put("m1", 100, on: true);
        Server.MidMigration = async task =>
        {
            Server.Away.Add("pve1");
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, task.Stopped);
        };
        var source = Driver(Server.Options("pve1") with { Timeout = TimeSpan.FromSeconds(1) });
        var failure = await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => source.Migration!.MigrateAsync(Define("m1"), Driver(Server.Options("pve2")), Unheard, Cancellation));
        failure.Message.ShouldContain("away");
        await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => source.ObserveAsync("m1", Cancellation));
        Server.Away.Clear();
        Server.Tasks.Single(t => t.Type == "qmigrate").Stop();
        await Eventually.TrueAsync("the move is over", () => Task.FromResult(Server.Tasks.Single(t => t.Type == "qmigrate").Exit is not null), 20);
        (await source.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.On);
        machine.Node.ShouldBe("pve1");
    }

    [Fact]
    public async Task What_high_availability_manages_is_waited_for_until_it_stands_so()
    {
        Put("m1", 100).Managed = true;
        var driver = Driver();
        await driver.StartAsync(Define("m1"), Cancellation);
        (await driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.On);
        await driver.KillAsync("m1", Cancellation);
        (await driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Off);
        Server.Tasks.Select(t => t.Type).ShouldBe(["hastart", "hastop"]);
        await driver.DeleteAsync("m1", Cancellation);
        Server.Machines.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_move_that_high_availability_makes_is_over_when_the_other_side_has_the_machine()
    {
        var machine = Put("m1", 100, on: true);
        machine.Managed = true;
        await Driver().Migration!.MigrateAsync(Define("m1"), Driver(Server.Options("pve2")), Unheard, Cancellation);
        machine.Node.ShouldBe("pve2");
        Server.Tasks.ShouldHaveSingleItem().Type.ShouldBe("hamigrate");
    }

    [Fact]
    public async Task A_shutdown_that_the_guest_ignores_does_not_hold_up_a_kill()
    {
        Put("m1", 100, on: true);
        Server.Hanging["qmshutdown"] = 0;
        var driver = Driver();
        for (var i = 0; i < 2; i++) await driver.StopAsync("m1", Cancellation);
        Server.Tasks.Count(t => t.Type == "qmshutdown").ShouldBe(1);
        await driver.KillAsync("m1", Cancellation);
        (await driver.ObserveAsync("m1", Cancellation)).Power.ShouldBe(ObservedPower.Off);
    }
}
