using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Storage;
using Warren.Hypervisors.Qemu;
using Warren.Hypervisors.Qemu.Probe;

namespace Warren.Hypervisors.Libvirt.Probe;

/// <summary>
/// Chooses between KVM and TCG. That a host offers KVM proves nothing: it is trusted after the probe guest has booted with it
/// as a transient domain and written its line. The verdict is kept in the host's folder for this libvirt and QEMU; remove
/// <c>accelerator.json</c> there to have it probed again.
/// </summary>
internal sealed class AcceleratorTrial(LibvirtOptions options, HostLine line, TimeProvider clock)
{
    /// <summary>A working KVM needs well under a second; starting QEMU through the daemon takes longer.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(8);

    private sealed record Verdict(string Key, Accelerator Accelerator);

    private Verdict? _known;

    internal async Task<Accelerator> DecideAsync(CancellationToken cancellation)
    {
        if (options.Accelerator is "kvm" or "tcg") return new Accelerator(options.Accelerator, "set in the host's settings");
        using var _ = await Gates.EnterAsync(options.Uri, "accelerator", cancellation);
        // The first question after the daemon's start lets it probe every QEMU, which takes long where KVM is broken.
        var (key, offered) = await line.ChangeAsync(Ask, cancellation);
        if (_known?.Key == key) return _known.Accelerator;
        var file = Path.Combine(options.Folder, "accelerator.json");
        _known = PrivateFile.Read<Verdict>(file);
        if (_known?.Key == key) return _known.Accelerator;
        _known = new Verdict(key, offered
            ? Conclude(await BootAsync("kvm", s_limit, cancellation))
            : new Accelerator("tcg", "libvirt offers no KVM on this host: the processor or the hypervisor above has no virtualisation, or /dev/kvm is closed to it"));
        Directory.CreateDirectory(options.Folder, OwnerOnly.Folder);
        PrivateFile.Write(file, _known);
        return _known.Accelerator;
    }

    private static (string Key, bool Offered) Ask(Connection connection)
    {
        VirError.Check(LibVirt.ConnectGetLibraryVersion(connection.Handle, out var library));
        VirError.Check(LibVirt.ConnectGetVersion(connection.Handle, out var hypervisor));
        var text = LibVirt.ConnectGetDomainCapabilities(connection.Handle, null, "x86_64", "q35", "kvm", 0);
        var offered = text != 0 && (string?)XmlText.Parse(VirError.Take(text)).Element("domain") == "kvm";
        if (text == 0) LibVirt.ResetLastError();
        return (string.Create(CultureInfo.InvariantCulture, $"libvirt={library} qemu={hypervisor} offered={offered}"), offered);
    }

    private static Accelerator Conclude(BootVerdict verdict) => verdict.Booted
        ? new Accelerator("kvm", verdict.Reason + " with it")
        : new Accelerator("tcg", $"libvirt offers KVM, but no guest boots with it: {verdict.Reason}");

    /// <summary>Boots the probe guest as a domain of a type, <c>kvm</c> or <c>qemu</c>, and waits for its line.</summary>
    internal async Task<BootVerdict> BootAsync(string type, TimeSpan limit, CancellationToken cancellation)
    {
        var name = $"probe{Guid.NewGuid():n}"[..20];
        try
        {
            await line.CallAsync((connection, heart) =>
            {
                using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
                using var disk = Pools.Create(pool, name + "-disk.img", "raw", 1 << 20);
                using var content = new MemoryStream([.. ProbeGuest.BootSector(), .. new byte[(1 << 20) - ProbeGuest.SectorSize]]);
                Transfer.Upload(connection, heart, disk, content, null, cancellation);
                using var log = Pools.Create(pool, name + "-serial.log", "raw", 0);
                VirError.Check(LibVirt.DomainCreateTransient(connection.Handle, Describe(type, name, Pools.PathOf(disk), Pools.PathOf(log)).ToString(), 0)).Dispose();
                return 0;
            }, options.ChangeLimit, cancellation);
            return await WaitAsync(name, limit, cancellation);
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Rejected or HypervisorErrorKind.Unsupported)
        {
            return new BootVerdict(false, e.Message);
        }
        finally
        {
            await line.ChangeAsync(connection => TidyUp(connection, name), CancellationToken.None);
        }
    }

    private async Task<BootVerdict> WaitAsync(string name, TimeSpan limit, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < limit)
        {
            var said = await line.CallAsync((connection, heart) =>
            {
                using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
                using var log = Pools.Find(pool, name + "-serial.log");
                using var text = new MemoryStream();
                if (log is not null) Transfer.Download(connection, heart, log, text, cancellation);
                return Encoding.Latin1.GetString(text.ToArray());
            }, options.Limit, cancellation);
            if (said.Contains(ProbeGuest.Line, StringComparison.Ordinal)) return new BootVerdict(true, "a probe guest booted");
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellation);
        }

        return new BootVerdict(false, $"a probe guest did not print its line within {limit.TotalSeconds:0} s");
    }

    private void TidyUp(Connection connection, string name)
    {
        using (var domain = VirError.Find(LibVirt.DomainLookupByName(connection.Handle, "warren-" + name), VirError.NoDomain))
        {
            if (domain is not null && LibVirt.DomainDestroy(domain, 0) < 0) LibVirt.ResetLastError();
        }

        using var pool = Pools.Ensure(connection, options.Pool, options.PoolPath);
        Pools.Delete(pool, name + "-disk.img");
        Pools.Delete(pool, name + "-serial.log");
    }

    private static XElement Describe(string type, string name, string disk, string log) => new("domain", new XAttribute("type", type),
        new XElement("name", "warren-" + name),
        new XElement("memory", new XAttribute("unit", "MiB"), 128),
        new XElement("vcpu", 1),
        new XElement("os", new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "q35"), "hvm")),
        new XElement("features", new XElement("acpi"), new XElement("apic")),
        new XElement("cpu", new XAttribute("mode", type == "kvm" ? "host-model" : "maximum")),
        new XElement("devices",
            // A plain ATA disk: SeaBIOS does not get the 512 bytes from a virtio one.
            new XElement("disk", new XAttribute("type", "file"), new XAttribute("device", "disk"),
                new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "raw")),
                new XElement("source", new XAttribute("file", disk)),
                new XElement("target", new XAttribute("dev", "sda"), new XAttribute("bus", "sata"))),
            new XElement("serial", new XAttribute("type", "pty"),
                new XElement("log", new XAttribute("file", log), new XAttribute("append", "on"))),
            new XElement("memballoon", new XAttribute("model", "none"))));
}
