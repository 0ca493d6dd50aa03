using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Images;
using Warren.Hypervisors.Docker.Machines;
using Warren.Hypervisors.Docker.Storage;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Probe;

namespace Warren.Hypervisors.Docker.Probe;

/// <summary>What the engine's host offers its containers, and why that is believed.</summary>
internal sealed record ProvenOffer(Offer Offer, string KvmReason, string TapReason);

/// <summary>
/// Tries KVM and tap devices in containers on the engine's host: a device node proves nothing, so a guest is booted with
/// the one and a device made with the other. The verdict is kept in a file, for this engine, its kernel and this image.
/// </summary>
internal sealed class OfferProof(EngineClient engine, DockerOptions options, ContainerImages images, HelperContainers helpers)
{
    private const int DiskSize = 1 << 20;

    private const string BootGuest = """
        [ -c /dev/kvm ] || { echo "no /dev/kvm"; exit 1; }
        timeout 6 qemu-system-x86_64 -nodefaults -no-user-config -M q35 -accel kvm -cpu host -m 128 -display none -no-reboot \
            -serial file:/tmp/serial -drive file=/tmp/probe.img,format=raw,if=none,id=d -device ide-hd,drive=d,bus=ide.0 > /tmp/said 2>&1 &
        for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
            if grep -q "$1" /tmp/serial 2> /dev/null; then exit 0; fi
            if grep -q 'KVM internal error' /tmp/said 2> /dev/null; then break; fi
            sleep 0.5
        done
        head -n 2 /tmp/said
        exit 1
        """;

    private const string MakeTap = "ip tuntap add dev warrenprobe mode tap && ip link delete warrenprobe";

    /// <summary>Verdicts that are kept: engines are updated, and images of several kinds are in use.</summary>
    private const int Kept = 16;

    private Dictionary<string, ProvenOffer> _known = [];

    /// <summary>The verdict for the runner image, from memory or file where nothing has changed.</summary>
    internal async Task<ProvenOffer> ProveAsync(string image, CancellationToken cancellation)
    {
        // One at a time: machines that start at once wait for the same verdict.
        using var turn = await Gates.EnterAsync(options.Place, "offer", cancellation);
        var info = (await engine.GetAsync("/info", cancellation)).Require("info");
        var key = $"{(string?)info["ID"]} {(string?)info["KernelVersion"]} {await images.IdAsync(image, cancellation)} {options.Accelerator} {options.Network}";
        if (_known.TryGetValue(key, out var known)) return known;
        var file = Path.Combine(options.Folder, ".docker-offers.json");
        var kept = PrivateFile.Read<Dictionary<string, ProvenOffer>>(file) ?? [];
        if (!kept.TryGetValue(key, out var proven))
        {
            proven = await TryAsync(image, cancellation);
            if (kept.Count >= Kept) kept.Clear();
            kept[key] = proven;
            Directory.CreateDirectory(options.Folder);
            PrivateFile.Write(file, kept);
        }

        _known = kept;
        return proven;
    }

    private async Task<ProvenOffer> TryAsync(string image, CancellationToken cancellation)
    {
        var (kvm, kvmReason) = options.Accelerator != "auto"
            ? (options.Accelerator == "kvm", "set in the host's settings")
            : await TryKvmAsync(image, cancellation);
        var (tap, tapReason) = options.Network != "auto"
            ? (options.Network == "nat", $"{options.Network}, set in the host's settings")
            : await TryTapAsync(image, cancellation);
        return new ProvenOffer(new Offer(kvm, tap), kvmReason, tapReason);
    }

    private async Task<(bool, string)> TryKvmAsync(string image, CancellationToken cancellation)
    {
        byte[] disk = [.. ProbeGuest.BootSector(), .. new byte[DiskSize - ProbeGuest.SectorSize]];
        var job = new HelperJob(image, BootGuest, ProbeGuest.Line)
        {
            Devices = [MachineSpec.Device("/dev/kvm")],
            Uploads = [new Upload("/tmp", "probe.img", () => new MemoryStream(disk))],
            Limit = TimeSpan.FromSeconds(30),
        };
        return await TryAsync(job, "a probe guest booted with KVM in a container", "no guest boots with KVM in a container", cancellation);
    }

    private async Task<(bool, string)> TryTapAsync(string image, CancellationToken cancellation)
    {
        var job = new HelperJob(image, MakeTap) { Devices = [MachineSpec.Device("/dev/net/tun")], Capabilities = ["NET_ADMIN"] };
        return await TryAsync(job, "nat: a tap device was made in a container", "user mode: no tap device can be made in a container", cancellation);
    }

    private async Task<(bool, string)> TryAsync(HelperJob job, string worked, string failed, CancellationToken cancellation)
    {
        try
        {
            var result = await helpers.RunAsync(job, cancellation);
            return result.ExitCode == 0 ? (true, worked) : (false, $"{failed}: {Quote(result.Output)}");
        }
        catch (HypervisorException e) when (e.Kind == HypervisorErrorKind.Rejected)
        {
            return (false, $"{failed}: {Quote(e.Message)}");
        }
    }

    private static string Quote(string said)
    {
        var line = said.Trim().ReplaceLineEndings(" ");
        return line.Length == 0 ? "nothing was said" : line.Length > 300 ? line[..300] : line;
    }
}
