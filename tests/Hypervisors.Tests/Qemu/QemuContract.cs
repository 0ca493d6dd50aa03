using System.Net.Sockets;
using System.Text;
using Warren.Hypervisors;
using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Qemu.Probe;

namespace Hypervisors.Tests.Qemu;

/// <summary>The contract on the installed QEMU, and what the guest finds: disks, seed, firmware, consoles, ports.</summary>
public sealed class QemuContract : QemuSuite
{
    [Fact]
    [Trait("Length", "long")]
    public async Task A_grown_disk_is_seen_by_the_guest()
    {
        var machine = await CreateAsync();
        var larger = machine with { DiskGiB = 3, Cpus = 2, MemoryMiB = 256 };
        await Driver.Resize!.ResizeAsync(larger, Cancellation);
        await StartWithAgentAsync(larger);
        (await ShellAsync(larger, "cat /sys/block/vda/size")).ShouldBe($"{3L << 30 >> 9}\n");
        (await ShellAsync(larger, "nproc")).ShouldBe("2\n");
    }

    [Fact]
    public async Task A_persistent_disk_keeps_what_was_written_and_an_ephemeral_one_forgets()
    {
        DataDisk[] disks = [new(1)];
        foreach (var ephemeral in new[] { false, true })
        {
            var machine = await StartWithAgentAsync(Define() with { DataDisks = disks, Ephemeral = ephemeral });
            (await ShellAsync(machine, "printf kept | dd of=/dev/vdb conv=fsync 2>/dev/null; head -c 4 /dev/vdb")).ShouldBe("kept");
            if (ephemeral) File.Exists(FolderOf(machine).SystemDisk).ShouldBeFalse("it has no name while it is in use");
            await Driver.KillAsync(machine.Id, Cancellation);
            if (ephemeral) Directory.EnumerateFiles(FolderOf(machine).Path, "*.qcow2").ShouldBeEmpty();
            await StartWithAgentAsync(machine);
            (await ShellAsync(machine, "head -c 4 /dev/vdb | tr '\\0' 0")).ShouldBe(ephemeral ? "0000" : "kept");
        }
    }

    [Fact]
    public async Task An_existing_disk_is_used_as_it_is_by_one_machine_and_outlives_it()
    {
        var path = Path.Combine(Folder, "mine.raw");
        await File.WriteAllBytesAsync(path, [.. "mine"u8, .. new byte[(1 << 20) - 4]], Cancellation);
        DataDisk[] disks = [new(0, path, "raw")];
        var machine = await StartWithAgentAsync(Define() with { DataDisks = disks });
        (await ShellAsync(machine, "head -c 4 /dev/vdb; printf ours | dd of=/dev/vdb conv=fsync 2>/dev/null")).ShouldBe("mine");

        var second = await CreateAsync(Define() with { DataDisks = disks });
        var failure = await ShouldFailAsync(HypervisorErrorKind.Busy, () => Driver.StartAsync(second, Cancellation));
        failure.Message.ShouldContain("in use");
        failure.Message.ShouldContain(path);

        await Driver.DeleteAsync(machine.Id, Cancellation);
        Encoding.ASCII.GetString(await File.ReadAllBytesAsync(path, Cancellation), 0, 4).ShouldBe("ours");
        await Driver.StartAsync(second, Cancellation);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task The_seed_has_its_label_and_files_and_a_new_one_takes_effect_at_the_next_start()
    {
        var machine = await CreateAsync(Define() with { Seed = Seed("one") });
        var iso = await File.ReadAllBytesAsync(FolderOf(machine).Seed, Cancellation);
        // The primary volume descriptor is sector 16; its volume identifier is at byte 40 (ECMA-119, 8.4).
        Encoding.ASCII.GetString(iso, (16 * 2048) + 40, 32).TrimEnd().ShouldBe("cidata");
        await StartWithAgentAsync(machine);
        await HostNameBecomesAsync(machine, "seed-one");
        await Driver.KillAsync(machine.Id, Cancellation);
        machine = machine with { Seed = Seed("two") };
        await StartWithAgentAsync(machine);
        await HostNameBecomesAsync(machine, "seed-two");
    }

    [Fact]
    public async Task The_serial_line_is_a_conversation_a_forward_leads_to_the_guest_and_a_silent_agent_poisons_no_later_call()
    {
        var port = FreePort();
        var machine = await StartWithAgentAsync(Define() with { Forwards = [new("tcp", "127.0.0.1", port, 22)], Seed = Seed("x"), Video = VideoCard.Virtio });
        await using (var line = await NewDriver().Serial!.OpenAsync(machine.Id, Cancellation))
        {
            await line.WriteAsync("\necho answer-$((6*7))\n"u8.ToArray(), Cancellation);
            await ReadUntilAsync(line, "answer-42");
        }

        await Eventually.TrueAsync("the log has it too", async () => (await SerialTextAsync(machine)).Contains("answer-42", StringComparison.Ordinal));
        await Eventually.TrueAsync("SSH greets through the forward", async () =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, Cancellation);
            var greeting = new byte[4];
            return await client.GetStream().ReadAtLeastAsync(greeting, 4, throwOnEndOfStream: false, Cancellation) == 4
                && Encoding.ASCII.GetString(greeting) == "SSH-";
        });
        await SilenceHangsNobodyAsync(machine);
    }

    private async Task SilenceHangsNobodyAsync(MachineDefinition machine)
    {
        await Driver.Power!.PauseAsync(machine.Id, Cancellation);
        var began = TimeProvider.System.GetTimestamp();
        (await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Driver.Guest!.PingAsync(machine.Id, Cancellation)))).ShouldAllBe(p => !p);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(6));
        using (var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300), TimeProvider.System))
        {
            await Should.ThrowAsync<OperationCanceledException>(() => Driver.Guest!.ReadFileAsync(machine.Id, "/etc/passwd", 100, impatient.Token));
        }

        await Driver.Power.ResumeAsync(machine.Id, Cancellation);
        (await ShellAsync(machine, "echo fresh")).ShouldBe("fresh\n");

        var failed = await Driver.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", "echo bad >&2; exit 3"], null, TimeSpan.FromSeconds(20)), Cancellation);
        failed.ExitCode.ShouldBe(3);
        Encoding.UTF8.GetString(failed.Error).ShouldBe("bad\n");
        await ShouldFailAsync(HypervisorErrorKind.Unreachable, () => Driver.Guest.ExecAsync(
            machine.Id, new GuestExec("/bin/sleep", ["100"], null, TimeSpan.FromMilliseconds(200)), Cancellation));
        await ShouldFailAsync(HypervisorErrorKind.Rejected, () => Driver.Guest.ExecAsync(
            machine.Id, new GuestExec("/no/such/program", [], null, TimeSpan.FromSeconds(5)), Cancellation));
        (await ShellAsync(machine, "echo still there")).ShouldBe("still there\n");
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task A_guest_that_reboots_keeps_its_process()
    {
        var machine = await StartWithAgentAsync();
        var pid = (await LookAsync(machine)).ProcessId;
        var boot = await ShellAsync(machine, "cat /proc/sys/kernel/random/boot_id");
        await Driver.Guest!.ExecAsync(machine.Id, new GuestExec("/bin/sh", ["-c", "(sleep 1; reboot) >/dev/null 2>&1 &"], null, TimeSpan.FromSeconds(20)), Cancellation);
        await Eventually.TrueAsync("the guest has booted again", async () =>
        {
            try
            {
                return await ShellAsync(machine, "cat /proc/sys/kernel/random/boot_id") != boot;
            }
            catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable)
            {
                return false;
            }
        }, SecondsToBoot);
        (await LookAsync(machine)).ProcessId.ShouldBe(pid);
    }

    [Fact]
    [Trait("Length", "long")]
    public async Task UEFI_boots_with_variables_of_its_own()
    {
        // OVMF and GRUB under it need more memory than the guest itself.
        var machine = await StartWithAgentAsync(Define() with { Firmware = Firmware.Uefi, MemoryMiB = 512 });
        (await ShellAsync(machine, "test -d /sys/firmware/efi && echo uefi")).ShouldBe("uefi\n");
        File.Exists(FolderOf(machine).FirmwareVariables).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_ISO_boots_with_and_without_a_system_disk(int diskGiB)
    {
        var staging = Directory.CreateDirectory(Path.Combine(Folder, "iso")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(staging, "boot.bin"), ProbeGuest.BootSector(), Cancellation);
        var iso = Path.Combine(Folder, "boot.iso");
        await new CommandRunner().RequireAsync(new Command(
            "xorriso", "-as", "mkisofs", "-quiet", "-o", iso, "-b", "boot.bin", "-no-emul-boot", "-boot-load-size", "1", staging), Cancellation);
        var machine = await StartAsync(Define() with { Boot = new BootMedium(iso, "iso"), DiskGiB = diskGiB });
        await Eventually.TrueAsync("the guest on the ISO prints its line",
            async () => (await SerialTextAsync(machine)).Contains(ProbeGuest.Line, StringComparison.Ordinal));
        (await LookAsync(machine)).FirmwareRan.ShouldBeTrue();
        File.Exists(FolderOf(machine).SystemDisk).ShouldBe(diskGiB > 0);
    }

    private static CloudInitSeed Seed(string name) =>
        new("i-" + name, $"instance-id: i-{name}\nlocal-hostname: seed-{name}\n", $"#cloud-config\nhostname: seed-{name}\n", "#cloud-config\n{}\n");

    private Task HostNameBecomesAsync(MachineDefinition machine, string name) =>
        Eventually.TrueAsync($"the guest is called {name}", async () => await ShellAsync(machine, "hostname") == name + "\n", SecondsToBoot);

    private static async Task ReadUntilAsync(Stream stream, string awaited)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var seen = new StringBuilder();
        var chunk = new byte[4096];
        while (!seen.ToString().Contains(awaited, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(chunk, limit.Token);
            count.ShouldBeGreaterThan(0, $"the stream ended before {awaited}: {seen}");
            seen.Append(Encoding.UTF8.GetString(chunk, 0, count));
        }
    }
}
