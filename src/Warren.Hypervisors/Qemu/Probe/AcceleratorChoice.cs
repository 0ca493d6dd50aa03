using System.Globalization;

namespace Warren.Hypervisors.Qemu.Probe;

/// <summary>The accelerator machines run with and why.</summary>
/// <param name="Name"><c>kvm</c> or <c>tcg</c>.</param>
/// <param name="Reason">What it rests on.</param>
internal sealed record Accelerator(string Name, string Reason);

/// <summary>
/// Chooses between KVM and TCG. KVM is trusted after a guest booted with it; that verdict is kept in a file and holds for
/// this QEMU, this boot of the host and this state of /dev/kvm. In doubt it is TCG, which always works. To have it probed
/// again, remove the file <c>.accelerator.json</c> from the folder of machines.
/// </summary>
internal sealed class AcceleratorChoice(QemuOptions options, ProbeBoot boot)
{
    private const string Device = "/dev/kvm";
    
    // One probe at a time: thirty machines that start at once wait for the same verdict.
    private static readonly SemaphoreSlim s_gate = new(1);

    private Verdict? _known;

    private sealed record Verdict(string Key, Accelerator Accelerator);

    internal async Task<Accelerator> DecideAsync(string qemuVersion, CancellationToken cancellation)
    {
        if (options.Accelerator is "kvm" or "tcg") return new Accelerator(options.Accelerator, "set in the configuration");
        await s_gate.WaitAsync(cancellation);
        try
        {
            var key = string.Create(CultureInfo.InvariantCulture,
                $"{qemuVersion} boot={HostProcesses.BootId} kvm={File.Exists(Device)} kernel={options.ProbeKernel}");
            var file = Path.Combine(options.MachinesFolder, ".accelerator.json");
            if (_known?.Key == key) return _known.Accelerator;
            _known = PrivateFile.Read<Verdict>(file);
            if (_known?.Key == key) return _known.Accelerator;
            _known = new Verdict(key, await TryAsync(cancellation));
            Directory.CreateDirectory(options.MachinesFolder, OwnerOnly.Folder);
            PrivateFile.Write(file, _known);
            return _known.Accelerator;
        }
        finally
        {
            s_gate.Release();
        }
    }

    private async Task<Accelerator> TryAsync(CancellationToken cancellation)
    {
        if (WhyClosed() is { } closed) return new Accelerator("tcg", closed);
        var sector = await boot.SectorAsync("kvm", "host", ProbeBoot.Limit, cancellation);
        if (!sector.Booted) return new Accelerator("tcg", $"{Device} opens, but no guest boots with it: {sector.Reason}");
        if (options.ProbeKernel is not { } kernel) return new Accelerator("kvm", sector.Reason + " with it");
        var linux = await boot.KernelAsync(kernel, "kvm", "host", ProbeBoot.Limit * 2, cancellation);
        return linux.Booted
            ? new Accelerator("kvm", "a probe guest and a Linux kernel booted with it")
            : new Accelerator("tcg", $"{Device} runs the probe guest, but Linux does not boot with it: {linux.Reason}");
    }

    private static string? WhyClosed()
    {
        if (!File.Exists(Device)) return $"there is no {Device}: the processor or the hypervisor above offers no virtualisation";
        try
        {
            File.OpenHandle(Device, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{Device} cannot be opened ({e.Message}): add the server's user to the group kvm";
        }
    }
}
