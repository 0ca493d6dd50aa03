using System.Text;
using Hypervisors.Tests.Qemu;
using Warren.Hypervisors;
using Warren.Hypervisors.Libvirt;
using Warren.Hypervisors.Libvirt.Native;

namespace Hypervisors.Tests.Libvirt;

/// <summary>What only this driver has, on a real daemon.</summary>
[Collection(LibvirtCollection.Name)]
public sealed class RealTests(LibvirtDaemon daemon) : IAsyncLifetime
{
    private const int SecondsToBoot = 240;

    private LibvirtHypervisor _driver = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static CloudInitSeed Seed { get; } = new("i-1", "instance-id: i-1\n", "#cloud-config\n", "");

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(daemon.WhyNot is null, daemon.WhyNot ?? "");
        _driver = daemon.NewDriver();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_driver is null) return;
        foreach (var id in new[] { "one", "two" }) await _driver.DeleteAsync(id, CancellationToken.None);
        if (Directory.Exists(daemon.PoolPath)) Directory.EnumerateFileSystemEntries(daemon.PoolPath).ShouldBeEmpty();
        _driver.Dispose();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task The_serial_line_goes_both_ways_and_one_at_a_time()
    {
        var machine = await StartAsync();
        await using (var line = await _driver.Serial!.OpenAsync(machine.Id, Cancellation))
        {
            (await Should.ThrowAsync<HypervisorException>(() => _driver.Serial.OpenAsync(machine.Id, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Busy);
            await line.WriteAsync("echo sum=$((40+2)).\n"u8.ToArray(), Cancellation);
            await ReadUntilAsync(line, "sum=42.");
        }

        await using var again = await _driver.Serial.OpenAsync(machine.Id, Cancellation);
        await again.WriteAsync("echo sum=$((40+3)).\n"u8.ToArray(), Cancellation);
        await ReadUntilAsync(again, "sum=43.");
        await _driver.KillAsync(machine.Id, Cancellation);
        await ReadUntilAsync(again, null);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Snapshots_with_and_without_memory_are_returned_to()
    {
        var machine = await StartAsync(await DefineAsync("one") with { Seed = Seed, DataDisks = [new DataDisk(1)] });
        var snapshots = _driver.Snapshots!;
        await PutAsync(machine.Id, "first");
        for (var i = 0; i < 2; i++) await snapshots.CreateAsync(machine.Id, "warm", memory: true, Cancellation);
        await PutAsync(machine.Id, "second");
        await snapshots.CreateAsync(machine.Id, "disk", memory: false, Cancellation);
        await PutAsync(machine.Id, "third");
        var list = await snapshots.ListAsync(machine.Id, Cancellation);
        list.Select(s => (s.Id, s.ParentId, s.Memory)).ShouldBe([("warm", null, true), ("disk", "warm", false)]);
        list.ShouldAllBe(s => s.CreatedAt > TimeProvider.System.GetUtcNow().AddHours(-1));

        await snapshots.RestoreAsync(machine.Id, "warm", null, Cancellation);
        (await _driver.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
        await Eventually.TrueAsync("the agent answers", () => _driver.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        (await GetAsync(machine.Id)).ShouldBe("first");

        await snapshots.RestoreAsync(machine.Id, "disk", null, Cancellation);
        (await _driver.ObserveAsync(machine.Id, Cancellation)).Power.ShouldBe(ObservedPower.Off);
        await _driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("the agent answers", () => _driver.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        (await GetAsync(machine.Id)).ShouldBe("second");

        await _driver.KillAsync(machine.Id, Cancellation);
        await snapshots.CreateAsync(machine.Id, "cold", memory: false, Cancellation);
        (await Should.ThrowAsync<HypervisorException>(() => snapshots.CreateAsync(machine.Id, "no", memory: true, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Rejected);
        (await Should.ThrowAsync<HypervisorException>(() => snapshots.RestoreAsync(machine.Id, "none", null, Cancellation))).Kind.ShouldBe(HypervisorErrorKind.NotFound);
        for (var i = 0; i < 2; i++) await snapshots.DeleteAsync(machine.Id, "disk", Cancellation);
        (await snapshots.ListAsync(machine.Id, Cancellation)).Select(s => s.Id).ShouldBe(["warm", "cold"]);
    }

    [Fact]
    public async Task Changes_are_told_and_autostart_is_kept()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var seen = new List<string>();
        var watching = Task.Run(async () =>
        {
            await foreach (var id in _driver.Changes!.WatchAsync(enough.Token)) lock (seen) seen.Add(id);
        }, Cancellation);
        var machine = await DefineAsync("one");
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.Autostart!.SetAsync(machine.Id, true, Cancellation);
        (await _driver.Autostart.GetAsync(machine.Id, Cancellation)).ShouldBeTrue();
        await _driver.Autostart.SetAsync(machine.Id, false, Cancellation);
        (await _driver.Autostart.GetAsync(machine.Id, Cancellation)).ShouldBeFalse();
        await Eventually.TrueAsync("a start is told", async () =>
        {
            lock (seen) seen.Clear();
            await _driver.StartAsync(machine, Cancellation);
            await _driver.KillAsync(machine.Id, Cancellation);
            lock (seen) return seen.Count(id => id == "one") >= 2;
        });
        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(watching);
    }

    [Fact]
    public async Task A_foreign_machine_is_listed_left_alone_and_adopted_on_request_only()
    {
        await _driver.Line.ChangeAsync(c => VirError.Check(LibVirt.DomainDefine(c.Handle, """
            <domain type='qemu'><name>theirs</name><memory unit='MiB'>64</memory><vcpu>2</vcpu><os><type arch='x86_64' machine='q35'>hvm</type></os>
            <devices><interface type='user'><mac address='52:54:00:00:00:09'/></interface></devices></domain>
            """, 0)).Dispose(), Cancellation);
        (await _driver.ListAsync(Cancellation)).ShouldContain(new FoundMachine("theirs", null, ObservedPower.Off));
        (await _driver.ObserveAsync("one", Cancellation)).Power.ShouldBe(ObservedPower.Missing);
        (await Should.ThrowAsync<HypervisorException>(() => _driver.Adoption!.AdoptAsync("nobody's", "one", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.NotFound);
        AdoptedMachine adopted = null!;
        for (var i = 0; i < 2; i++) adopted = await _driver.Adoption!.AdoptAsync("theirs", "one", Cancellation);
        adopted.ShouldBe(new AdoptedMachine(64, 2, 0, "52:54:00:00:00:09", ObservedPower.Off));
        (await Should.ThrowAsync<HypervisorException>(() => _driver.Adoption!.AdoptAsync("theirs", "two", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Rejected);

        // As the server defines what it adopted: it has no image of ours.
        var machine = await DefineAsync("one") with { Boot = new BootMedium("/nonexistent", "raw") };
        using var restarted = daemon.NewDriver();
        await restarted.StartAsync(machine, Cancellation);
        (await restarted.ObserveAsync("one", Cancellation)).Power.ShouldBe(ObservedPower.On);
        (await restarted.ListAsync(Cancellation)).ShouldContain(new FoundMachine("theirs", "one", ObservedPower.On));
        await restarted.DeleteAsync("one", Cancellation);
        (await restarted.ListAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_driver_that_is_given_up_closes_its_connection_although_it_listened()
    {
        await _driver.ListAsync(Cancellation);
        // Those of tests before this one may still be closing.
        var before = Connections();
        HashSet<string> its;
        using (var driver = daemon.NewDriver())
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            var next = driver.Changes!.WatchAsync(enough.Token).GetAsyncEnumerator(enough.Token);
            var change = next.MoveNextAsync().AsTask();
            await driver.CreateAsync(await DefineAsync("one"), new Progress<double>(), Cancellation);
            (await change).ShouldBeTrue();
            its = [.. Connections().Except(before)];
            its.ShouldNotBeEmpty();
            await enough.CancelAsync();
            await next.DisposeAsync();
        }

        await Eventually.TrueAsync("its connection is closed", () => Task.FromResult(!Connections().Overlaps(its)));

        // The inodes of the daemon's ends: connected (St 03 in proc(5), net/unix), named after the socket as the daemon sees it.
        HashSet<string> Connections() =>
        [
            .. File.ReadLines("/proc/net/unix").Where(l => l.Contains(" 03 ", StringComparison.Ordinal) && l.EndsWith("/run/libvirt/libvirt-sock", StringComparison.Ordinal))
                .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[6]),
        ];
    }

    [Fact]
    public async Task A_copy_of_a_domain_that_somebody_made_carries_the_mark_and_is_foreign()
    {
        const string Copied = """
            <domain type='qemu'><name>their copy</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
            <metadata><warren:machine xmlns:warren='urn:warren:libvirt:machine:1' id='one'/></metadata></domain>
            """;
        await _driver.Line.ChangeAsync(c => VirError.Check(LibVirt.DomainDefine(c.Handle, Copied, 0)).Dispose(), Cancellation);
        (await _driver.ListAsync(Cancellation)).ShouldContain(new FoundMachine("their copy", null, ObservedPower.Off));
        (await _driver.ObserveAsync("one", Cancellation)).Power.ShouldBe(ObservedPower.Missing);
        await _driver.DeleteAsync("one", Cancellation);
        (await _driver.ListAsync(Cancellation)).ShouldContain(new FoundMachine("their copy", null, ObservedPower.Off), "it was not ours to remove");
        await _driver.Adoption!.AdoptAsync("their copy", "one", Cancellation);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_machine_with_UEFI_an_ISO_and_thrown_away_writes_starts()
    {
        var machine = await StartAsync(await DefineAsync("one") with { Firmware = Firmware.Uefi, Ephemeral = true, MemoryMiB = 256, Video = VideoCard.Virtio });
        await PutAsync(machine.Id, "gone");
        await _driver.KillAsync(machine.Id, Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("the agent answers", () => _driver.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        (await GetAsync(machine.Id)).ShouldBe("");
        await _driver.DeleteAsync(machine.Id, Cancellation);

        var iso = Path.Combine(daemon.Folder, "a b'\"<&.iso");
        await new Warren.Hypervisors.Guests.SeedIso(new Warren.Hypervisors.Commands.CommandRunner()).WriteAsync(Seed, iso, Cancellation);
        var live = await DefineAsync("two") with { Boot = new BootMedium(iso, "iso"), DiskGiB = 0 };
        await _driver.CreateAsync(live, new Progress<double>(), Cancellation);
        await _driver.StartAsync(live, Cancellation);
        (await _driver.ObserveAsync(live.Id, Cancellation)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task Pools_are_made_and_removed_and_those_of_others_left_alone()
    {
        var storage = _driver.Storage!;
        var path = Path.Combine(daemon.Folder, "a pool <&");
        for (var i = 0; i < 2; i++) await storage.CreateAsync("more", path, Cancellation);
        var pool = (await storage.ListAsync(Cancellation)).Single(p => p.Name == "more");
        (pool.Kind, pool.Path, pool.Active, pool.Ours).ShouldBe(("dir", path, true, true));
        pool.CapacityBytes.ShouldBeGreaterThan(pool.FreeBytes);
        (await Should.ThrowAsync<HypervisorException>(() => storage.CreateAsync("more", "/elsewhere", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Rejected);
        for (var i = 0; i < 2; i++) await storage.DeleteAsync("more", Cancellation);
        Directory.Exists(path).ShouldBeFalse();

        var machine = await DefineAsync("one");
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        (await Should.ThrowAsync<HypervisorException>(() => storage.DeleteAsync("warren", Cancellation))).Kind.ShouldBe(HypervisorErrorKind.Busy);
    }

    private static async Task<MachineDefinition> DefineAsync(string id) => new()
    {
        Id = id, Name = id, MemoryMiB = 192, Cpus = 1, DiskGiB = 1, MacAddress = "52:54:00:12:34:56",
        Boot = new BootMedium(await TinyImage.PathAsync(), "qcow2"),
    };

    private async Task<MachineDefinition> StartAsync(MachineDefinition? machine = null)
    {
        machine ??= await DefineAsync("one");
        await _driver.CreateAsync(machine, new Progress<double>(), Cancellation);
        await _driver.StartAsync(machine, Cancellation);
        await Eventually.TrueAsync("the agent answers", () => _driver.Guest!.PingAsync(machine.Id, Cancellation), SecondsToBoot);
        return machine;
    }

    /// <summary>Writes into the last sector of the system disk: the tiny guest keeps its files in memory.</summary>
    private async Task PutAsync(string id, string text) =>
        await ExecAsync(id, $"printf {text} | dd of=/dev/vda bs=512 seek=2097151 conv=sync; sync");

    private Task<string> GetAsync(string id) => ExecAsync(id, "echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda bs=512 skip=2097151");

    private async Task<string> ExecAsync(string id, string script)
    {
        var result = await _driver.Guest!.ExecAsync(id, new GuestExec("/bin/sh", ["-c", script], null, TimeSpan.FromSeconds(20)), Cancellation);
        result.ExitCode.ShouldBe(0, Encoding.UTF8.GetString(result.Error));
        return Encoding.UTF8.GetString(result.Output).TrimEnd('\0');
    }

    /// <summary>Reads until a text comes, or to the end.</summary>
    private static async Task ReadUntilAsync(Stream line, string? text)
    {
        var all = new StringBuilder();
        var buffer = new byte[4096];
        while (text is null || !all.ToString().Contains(text, StringComparison.Ordinal))
        {
            var read = await line.ReadAsync(buffer, Cancellation).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, Cancellation);
            if (read == 0 && text is null) return;
            read.ShouldBeGreaterThan(0, all.ToString());
            all.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }
}
