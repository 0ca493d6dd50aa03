using Warren.Hypervisors;
using Warren.Hypervisors.Guests.Renewal;

namespace Hypervisors.Tests.Qemu;

/// <summary>Forks on the installed QEMU: what a fork has of its parent, and what it must not have.</summary>
public abstract partial class QemuSuite
{
    /// <summary>Everything by which two machines could be taken for one, a line each.</summary>
    private const string Identity =
        """
        cat /sys/class/net/eth0/address /etc/machine-id /proc/sys/kernel/hostname /etc/hostname
        head -c 1048576 /dev/urandom | sha256sum
        dropbearkey -y -f /etc/dropbear/dropbear_ed25519_host_key | grep ^ssh-ed25519
        """;

    private static readonly ForkIdentity s_identity = new("root", [], null);

    [Fact]
    public async Task Forks_go_on_where_their_parent_stood_with_an_identity_of_their_own()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        // The agent answers before the guest's boot has come to its end.
        await Eventually.TrueAsync("its SSH server listens", async () => (await ShellAsync(parent, "netstat -ltn")).Contains(":22 ", StringComparison.Ordinal), 60);
        await ShellAsync(parent, "echo before > /tmp/mark; printf kept | dd of=/dev/vda bs=1M seek=512 conv=fsync 2>/dev/null; date -s 2001-01-01");
        Afterwards(() => forks.DeleteAsync("warm", CancellationToken.None));
        await forks.FreezeAsync(parent.Id, "warm", Cancellation);
        await ShellAsync(parent, "echo after > /tmp/mark; printf lost | dd of=/dev/vda bs=1M seek=512 conv=fsync 2>/dev/null");

        var children = new List<MachineDefinition>();
        for (var i = 0; i < 3; i++) children.Add(await ForkAsync(forks, "warm", Define() with { Forwards = [new("tcp", "127.0.0.1", FreePort(), 22)] }));
        foreach (var child in children)
        {
            (await ShellAsync(child, "cat /tmp/mark; dd if=/dev/vda bs=1M skip=512 count=1 2>/dev/null | head -c 4")).ShouldBe("before\nkept");
            await ShellAsync(child, $"echo {child.Id} > /tmp/mark; printf {WordOf(child)} | dd of=/dev/vda bs=1M seek=512 conv=fsync 2>/dev/null");
        }

        // What a fork has not written it shares: its own is a part of what it takes, and less than what its parent has.
        var memory = (await Driver.MemoryUse!.LookAsync([parent.Id, .. children.Select(c => c.Id)], Cancellation)).Machines;
        foreach (var child in children)
        {
            memory[child.Id].PrivateMiB.ShouldBeLessThan(memory[child.Id].ProportionalMiB);
            memory[child.Id].ProportionalMiB.ShouldBeLessThan(memory[parent.Id].ProportionalMiB);
        }

        foreach (var child in children)
            (await ShellAsync(child, "cat /tmp/mark; dd if=/dev/vda bs=1M skip=512 count=1 2>/dev/null | head -c 4")).ShouldBe($"{child.Id}\n{WordOf(child)}");
        (await ShellAsync(parent, "cat /tmp/mark")).ShouldBe("after\n", "the parent runs on and hears nothing of its forks");

        // A fork of a fork: its memory is its own process's alone.
        await forks.FreezeAsync(children[0].Id, "second", Cancellation);
        children.Add(await ForkAsync(forks, "second", Define() with { Forwards = [new("tcp", "127.0.0.1", FreePort(), 22)] }));
        (await ShellAsync(children[^1], "cat /tmp/mark")).ShouldBe($"{children[0].Id}\n");

        var said = new List<string[]>();
        foreach (var one in children) said.Add((await ShellAsync(one, Identity)).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (var (lines, child) in said.Zip(children)) (lines[0], lines[2], lines[3]).ShouldBe((child.MacAddress, child.Name, child.Name));
        foreach (var line in new[] { 0, 1, 4, 5 }) said.Select(s => s[line]).Distinct().Count().ShouldBe(children.Count, string.Join('\n', said.Select(s => s[line])));
        foreach (var child in children)
        {
            var asked = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            var clock = long.Parse(await ShellAsync(child, "date +%s"), System.Globalization.CultureInfo.InvariantCulture);
            // Its parent's was 2001. What sets it takes its time to get there where the processors are busy.
            clock.ShouldBeInRange(asked - 10, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 10);
            await Eventually.TrueAsync("the forward leads to its SSH server", () => SshAnswersAsync(child.Forwards[0].HostPort), 30);
        }

        foreach (var id in new[] { "warm", "second" }) await forks.DeleteAsync(id, Cancellation);
        foreach (var machine in children.Append(parent)) (await ShellAsync(machine, "echo lives")).ShouldBe("lives\n");
        // From its disk, as any machine.
        await Driver.KillAsync(children[1].Id, Cancellation);
        await StartWithAgentAsync(children[1]);
        (await ShellAsync(children[1], "dd if=/dev/vda bs=1M skip=512 count=1 2>/dev/null | head -c 4")).ShouldBe(WordOf(children[1]));
        foreach (var machine in children.Append(parent)) await Driver.DeleteAsync(machine.Id, Cancellation);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_machine_that_is_forked_again_and_again_keeps_a_short_chain_of_disks()
    {
        const int Times = 40, Kept = 20;
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync();
        for (var i = 0; i < Times; i++)
        {
            await ShellAsync(parent, $"printf %02d {i} | dd of=/dev/vda bs=1M seek={512 + i} conv=fsync 2>/dev/null");
            await forks.FreezeAsync(parent.Id, $"w{i}", [], Cancellation);
            if (i != Kept) await forks.DeleteAsync($"w{i}", Cancellation);
        }

        // What is needless is taken in when it is more than is tolerated, above the one that is kept and below it.
        var layers = Directory.GetFiles(Path.Combine(Options.MachinesFolder, ".layers"));
        layers.Length.ShouldBeLessThanOrEqualTo(2 * (Warren.Hypervisors.Qemu.Snapshots.LiveChain.Tolerated + 1) + 2);
        const string Marks = "for i in $(seq 512 551); do dd if=/dev/vda bs=1M skip=$i count=1 2>/dev/null | head -c 2 | tr '\\0' '.'; done";
        var all = string.Concat(Enumerable.Range(0, Times).Select(i => $"{i:00}"));
        (await ShellAsync(parent, "echo 3 >/proc/sys/vm/drop_caches;" + Marks)).ShouldBe(all);
        var fork = await ForkAsync(forks, $"w{Kept}", Define());
        (await ShellAsync(fork, Marks)).ShouldBe(all[..(2 * (Kept + 1))].PadRight(2 * Times, '.'));

        // What its files tell is what its QEMU told.
        await Driver.KillAsync(parent.Id, Cancellation);
        await StartWithAgentAsync(parent);
        (await ShellAsync(parent, Marks)).ShouldBe(all);
        await forks.DeleteAsync($"w{Kept}", Cancellation);
        foreach (var machine in new[] { parent, fork }) await Driver.DeleteAsync(machine.Id, Cancellation);
        NothingIsLeft();
    }

    [Fact]
    public async Task What_a_running_machine_took_in_from_deleted_snapshots_is_on_its_disk_when_its_QEMU_is_killed()
    {
        var machine = await StartWithAgentAsync();
        for (var i = 0; i < 3; i++)
        {
            await ShellAsync(machine, $"printf %02d {i} | dd of=/dev/vda bs=1M seek={512 + i} conv=fsync 2>/dev/null");
            await Driver.Snapshots!.CreateAsync(machine.Id, $"s{i}", memory: false, Cancellation);
        }

        for (var i = 2; i >= 0; i--) await Driver.Snapshots!.DeleteAsync(machine.Id, $"s{i}", Cancellation);
        Directory.GetFiles(Path.Combine(Options.MachinesFolder, ".layers")).Length.ShouldBe(1, "all but the lowest were taken in while it ran");
        await Signal.SendAsync("KILL", ProcessesOf(FolderOf(machine).Path + "/").ShouldHaveSingleItem());
        await Eventually.TrueAsync("it has ended", async () => (await LookAsync(machine)).Power == ObservedPower.Off);
        await StartWithAgentAsync(machine);
        (await ShellAsync(machine, "for i in 512 513 514; do dd if=/dev/vda bs=1M skip=$i count=1 2>/dev/null | head -c 2; done")).ShouldBe("000102");
        await Driver.DeleteAsync(machine.Id, Cancellation);
        NothingIsLeft();
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Sixty_four_forks_of_one_guest_are_sixty_four_machines()
    {
        var forks = Need(Driver.Forks, "forks");
        var parent = await StartWithAgentAsync(Define() with { MemoryMiB = 192 });
        await Eventually.TrueAsync("its SSH server listens", async () => (await ShellAsync(parent, "netstat -ltn")).Contains(":22 ", StringComparison.Ordinal), 60);
        Afterwards(() => forks.DeleteAsync("warm", CancellationToken.None));
        await forks.FreezeAsync(parent.Id, "warm", Cancellation);
        var children = Enumerable.Range(0, 64).Select(_ => Define() with { MemoryMiB = 192, Forwards = [new("tcp", "127.0.0.1", FreePort(), 22)] }).ToList();
        // As many at once as the server makes.
        await Parallel.ForEachAsync(children, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation },
            async (child, _) => await ForkAsync(forks, "warm", child));
        var said = new List<string[]>();
        foreach (var child in children)
        {
            var asked = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            string[] lines = [.. (await ShellAsync(child, "date +%s;" + Identity)).Split('\n', StringSplitOptions.RemoveEmptyEntries), await GenerationAsync(child)];
            long.Parse(lines[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(asked - 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1);
            (lines[1], lines[3]).ShouldBe((child.MacAddress, child.Name));
            said.Add(lines[1..]);
        }

        // MAC address, machine-id, host name twice, the first MiB of its random device, SSH host key, generation id.
        said.ShouldAllBe(s => s.Length == 7);
        for (var i = 0; i < 7; i++) said.Select(s => s[i]).Distinct().Count().ShouldBe(64, $"line {i}");
        foreach (var child in children)
            await Eventually.TrueAsync("the forward leads to its SSH server", () => SshAnswersAsync(child.Forwards[0].HostPort), 120);
        foreach (var machine in children.Append(parent)) await Driver.DeleteAsync(machine.Id, Cancellation);
        await forks.DeleteAsync("warm", Cancellation);
        NothingIsLeft();
    }

    private async Task<string> GenerationAsync(MachineDefinition machine)
    {
        var control = new Warren.Hypervisors.Qemu.QemuControl(TimeProvider.System);
        var answer = await control.AskAsync(FolderOf(machine), "query-vm-generation-id", null, TimeSpan.FromSeconds(10), Cancellation);
        return (string)answer!["guid"]!;
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task Forks_of_a_whole_Debian_share_no_identity_and_are_reached_through_their_own_card()
    {
        var image = Environment.GetEnvironmentVariable("WARREN_TEST_DEBIAN12");
        Assert.SkipUnless(File.Exists(image), "WARREN_TEST_DEBIAN12 names no image: build one with make image or images/debian-12/build");
        var forks = Need(Driver.Forks, "forks");
        var debian = Define() with
        {
            Boot = new(image, "qcow2"), MemoryMiB = 512, DiskGiB = 4, Seed = new("i1", "{\"instance-id\":\"i1\",\"local-hostname\":\"parent\"}\n", "#cloud-config\n{}\n", "#cloud-config\n{}\n"),
        };
        await StartWithAgentAsync(debian);
        await Eventually.TrueAsync("cloud-init is done", async () => (await ShellAsync(debian, "cloud-init status")).Contains("status: done", StringComparison.Ordinal), SecondsToBoot);
        Afterwards(() => forks.DeleteAsync("warm", CancellationToken.None));
        await forks.FreezeAsync(debian.Id, "warm", Cancellation);
        var said = new List<string[]>();
        for (var i = 0; i < 2; i++)
        {
            var fork = await ForkAsync(forks, "warm", Define() with { Boot = debian.Boot, MemoryMiB = 512, DiskGiB = 4, Forwards = [new("tcp", "127.0.0.1", FreePort(), 22)] });
            await Eventually.TrueAsync("the forward leads to its SSH server", () => SshAnswersAsync(fork.Forwards[0].HostPort), 60);
            said.Add((await ShellAsync(fork,
                "cat /sys/class/net/e*/address /etc/machine-id; hostname; getent hosts $(hostname) > /dev/null && echo known; head -c 1048576 /dev/urandom | sha256sum; cut -d' ' -f2 /etc/ssh/ssh_host_*.pub; systemctl is-system-running")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
            (said[^1][0], said[^1][2], said[^1][3]).ShouldBe((fork.MacAddress, fork.Name, "known"), string.Join('\n', said[^1]));
            said[^1].Length.ShouldBe(7, "one host key: " + string.Join('\n', said[^1]));
            said[^1][6].ShouldBe("running");
        }

        foreach (var line in new[] { 0, 1, 2, 4, 5 }) said[0][line].ShouldNotBe(said[1][line]);
    }

    [Fact]
    public async Task The_program_that_renews_is_its_source()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/as") && File.Exists("/usr/bin/objcopy"), "there is no assembler on this machine: apt-get install binutils");
        var (source, target, code) = (Path.Combine(Folder, "renew.s"), Path.Combine(Folder, "renew.o"), Path.Combine(Folder, "renew.bin"));
        await using (var written = typeof(GuestRenewal).Assembly.GetManifestResourceStream("renew.s")!)
        await using (var file = File.Create(source)) await written.CopyToAsync(file, Cancellation);
        var commands = new Warren.Hypervisors.Commands.CommandRunner();
        await commands.RequireAsync(new("as", "-o", target, source), Cancellation);
        await commands.RequireAsync(new("objcopy", "-O", "binary", "-j", ".text", target, code), Cancellation);
        // An ELF header of 64 bytes and one program header of 56 (System V ABI, "Object Files") come before the code.
        RenewProgram.Bytes[120..].ShouldBe(await File.ReadAllBytesAsync(code, Cancellation));
        RenewProgram.Bytes[..4].ShouldBe([0x7f, .. "ELF"u8]);
    }

    private static string WordOf(MachineDefinition machine) => machine.Id.PadRight(4, '-')[..4];

    private async Task<MachineDefinition> ForkAsync(IForks forks, string image, MachineDefinition definition)
    {
        await forks.ForkAsync(image, definition, Cancellation);
        (await LookAsync(definition)).ShouldSatisfyAllConditions(l => l.Power.ShouldBe(ObservedPower.On), l => l.FirmwareRan.ShouldBeTrue());
        await AgentAnswersAsync(definition);
        for (var i = 0; i < 2; i++) await forks.RenewAsync(definition, s_identity, Cancellation);
        return definition;
    }

    private static async Task<bool> SshAnswersAsync(int port)
    {
        try
        {
            using var client = new System.Net.Sockets.TcpClient();
            await client.ConnectAsync("127.0.0.1", port, Cancellation);
            var bytes = new byte[4];
            client.ReceiveTimeout = 2000;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            await client.GetStream().ReadExactlyAsync(bytes, limit.Token);
            return bytes.AsSpan().SequenceEqual("SSH-"u8);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or OperationCanceledException && !Cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
