using Warren.Hypervisors.Commands;

namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>How a probe boot ended.</summary>
/// <param name="Booted">The awaited line was printed.</param>
/// <param name="Reason">What was seen, for people.</param>
internal sealed record BootVerdict(bool Booted, string Reason);

/// <summary>Boots a tiny guest under an accelerator and waits for one line on its serial port. Never takes longer than its limit.</summary>
internal sealed class ProbeBoot(QemuOptions options, CommandRunner commands)
{
    private const int DiskSize = 1 << 20;

    /// <summary>A working KVM needs well under a second.</summary>
    internal static TimeSpan Limit { get; } = TimeSpan.FromSeconds(6);

    /// <summary>Boots the built-in boot sector.</summary>
    internal async Task<BootVerdict> SectorAsync(string accelerator, string cpu, TimeSpan limit, CancellationToken cancellation)
    {
        var disk = Path.Combine(Path.GetTempPath(), $"warren-probe-{Guid.NewGuid():n}.img");
        try
        {
            await File.WriteAllBytesAsync(disk, [.. ProbeGuest.BootSector(), .. new byte[DiskSize - ProbeGuest.SectorSize]], cancellation);
            // A plain ATA disk: SeaBIOS does not get the 512 bytes from a virtio one.
            string[] medium = ["-blockdev", "driver=raw,node-name=d,file.driver=file,file.filename=" + disk, "-device", "ide-hd,drive=d,bus=ide.0"];
            return await BootAsync(accelerator, cpu, medium, ProbeGuest.Line, limit, cancellation);
        }
        finally
        {
            File.Delete(disk);
        }
    }

    /// <summary>Boots a Linux kernel without a root disk, until it says that it looks for one.</summary>
    internal Task<BootVerdict> KernelAsync(string kernel, string accelerator, string cpu, TimeSpan limit, CancellationToken cancellation) =>
        BootAsync(accelerator, cpu, ["-kernel", kernel, "-append", "console=ttyS0 panic=-1"], "VFS: Unable to mount root", limit, cancellation);

    private async Task<BootVerdict> BootAsync(
        string accelerator, string cpu, string[] medium, string awaited, TimeSpan limit, CancellationToken cancellation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var seen = false;
        string? broken = null;
        try
        {
            var result = await commands.RunAsync(
                new Command(options.QemuProgram,
                    [.. options.ExtraArguments, "-nodefaults", "-no-user-config", "-M", "q35", "-accel", accelerator, "-cpu", cpu,
                        "-m", "128", "-display", "none", "-no-reboot", "-serial", "stdio", .. medium])
                {
                    Environment = options.Environment,
                    Timeout = limit,
                    OnOutputLine = line =>
                    {
                        if (!line.Contains(awaited, StringComparison.Ordinal)) return;
                        seen = true;
                        done.Cancel();
                    },
                    OnErrorLine = line =>
                    {
                        if (!line.StartsWith("KVM internal error", StringComparison.Ordinal)) return;
                        broken = line.Trim();
                        done.Cancel();
                    },
                },
                done.Token);
            broken ??= QemuErrors.Quote(result.Error) is { Length: > 0 } said ? said : $"QEMU ended with {result.ExitCode} before the guest's line";
        }
        catch (OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Unreachable)
        {
            broken = $"the guest did not print its line within {limit.TotalSeconds:0} s";
        }

        return seen ? new BootVerdict(true, "a probe guest booted") : new BootVerdict(false, broken ?? "the probe guest did not boot");
    }
}
