using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Warren.Hypervisors.Guests;

namespace Warren.Hypervisors.Libvirt.Machines;

/// <summary>What of the host goes into the description of a domain.</summary>
/// <param name="PoolPath">Folder of our pool.</param>
/// <param name="Kvm">Run with KVM.</param>
/// <param name="RemoteScreen">The screen must be reachable through ssh: RFB on the host's loopback.</param>
internal sealed record DomainSurroundings(string PoolPath, bool Kvm, bool RemoteScreen);

/// <summary>A definition as libvirt's domain XML (formatdomain). Pure; all values are data of the XML writer.</summary>
internal static class DomainXml
{
    /// <summary>Device name of the system disk, or of the ISO without one.</summary>
    internal const string SystemTarget = "vda";

    private static readonly XNamespace s_qemu = "http://libvirt.org/schemas/domain/qemu/1.0";

    /// <summary>Describes a machine.</summary>
    /// <param name="definition">The machine; checked.</param>
    /// <param name="volumes">Names of its volumes.</param>
    /// <param name="mark">Its ownership mark.</param>
    /// <param name="at">The host.</param>
    internal static XElement Build(MachineDefinition definition, VolumeNames volumes, Mark mark, DomainSurroundings at)
    {
        var domain = new XElement("domain",
            new XAttribute("type", at.Kvm ? "kvm" : "qemu"),
            new XAttribute(XNamespace.Xmlns + "qemu", s_qemu.NamespaceName),
            new XElement("name", Domains.NameOf(definition.Id)),
            new XElement("uuid", volumes.HardwareId.ToString()),
            new XElement("title", definition.Name),
            new XElement("metadata", mark.ToXml()),
            new XElement("memory", new XAttribute("unit", "MiB"), definition.MemoryMiB),
            new XElement("vcpu", definition.Cpus),
            Firmware(definition),
            new XElement("features", new XElement("acpi"), new XElement("apic")),
            // host-model names features instead of passing everything through, so that the machine can move to another processor.
            at.Kvm ? new XElement("cpu", new XAttribute("mode", "host-model")) : CpuWithoutKvm(),
            new XElement("on_poweroff", "destroy"),
            new XElement("on_reboot", "restart"),
            new XElement("on_crash", "destroy"),
            new XElement("devices", Devices(definition, volumes, at)));
        if (definition.Network is null) domain.Add(UserNetwork(definition));
        return domain;
    }

    private static XElement Firmware(MachineDefinition definition)
    {
        var type = new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "q35"), "hvm");
        if (definition.Firmware == Hypervisors.Firmware.Bios) return new XElement("os", type);
        // Without secure boot: images of smaller distributions are not signed.
        return new XElement("os", new XAttribute("firmware", "efi"), type,
            new XElement("firmware", new XElement("feature", new XAttribute("enabled", "no"), new XAttribute("name", "secure-boot"))));
    }

    private static IEnumerable<XElement> Devices(MachineDefinition definition, VolumeNames volumes, DomainSurroundings at)
    {
        foreach (var disk in Disks(definition, volumes, at)) yield return disk;
        if (definition.Network is { } network)
        {
            yield return new XElement("interface", new XAttribute("type", "network"),
                new XElement("mac", new XAttribute("address", definition.MacAddress)),
                new XElement("source", new XAttribute("network", network)),
                new XElement("model", new XAttribute("type", "virtio")));
        }

        yield return new XElement("serial", new XAttribute("type", "pty"),
            new XElement("log", new XAttribute("file", PathOf(at, volumes.SerialLog)), new XAttribute("append", "on")));
        foreach (var port in (string[])["org.qemu.guest_agent.0", SpiceAgent.PortName])
            yield return new XElement("channel", new XAttribute("type", "unix"), new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", port)));
        yield return Screen(at.RemoteScreen);
        yield return new XElement("video", new XElement("model",
            new XAttribute("type", definition.Video == VideoCard.Virtio ? "virtio" : "vga")));
        // A tablet reports absolute positions, so that the pointer in a viewer is where the guest thinks it is.
        yield return new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "qemu-xhci"));
        yield return new XElement("input", new XAttribute("type", "tablet"), new XAttribute("bus", "usb"));
        yield return new XElement("rng", new XAttribute("model", "virtio"),
            new XElement("backend", new XAttribute("model", "random"), "/dev/urandom"));
        yield return new XElement("memballoon", new XAttribute("model", "none"));
        foreach (var address in PciAddress.List(definition.Options))
        {
            yield return new XElement("hostdev", new XAttribute("mode", "subsystem"), new XAttribute("type", "pci"), new XAttribute("managed", "yes"),
                new XElement("source", address.ToXml()));
        }
    }

    /// <summary>Without a listener QEMU still takes viewers whose socket libvirt hands over; over ssh that cannot be done.</summary>
    internal static XElement Screen(bool remote) => remote
        ? new XElement("graphics", new XAttribute("type", "vnc"), new XAttribute("autoport", "yes"), new XAttribute("listen", "127.0.0.1"))
        : new XElement("graphics", new XAttribute("type", "vnc"), new XElement("listen", new XAttribute("type", "none")));

    private static IEnumerable<XElement> Disks(MachineDefinition definition, VolumeNames volumes, DomainSurroundings at)
    {
        var order = 1;
        // The disk comes before the ISO: firmware passes over an empty one, and after an installation the guest boots from it.
        if (definition.DiskGiB > 0 || definition.Boot.Format != "iso")
            yield return Disk("disk", "qcow2", PathOf(at, volumes.Disk), SystemTarget, "virtio", order: order++);
        if (definition.Boot.Format == "iso")
            yield return Disk("cdrom", "raw", PathOf(at, volumes.Base), "sda", "sata", readOnly: true, order: order);
        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            var disk = definition.DataDisks[i];
            var asItIs = disk.ExistingPath is not null && !definition.Ephemeral;
            yield return Disk("disk", asItIs ? disk.ExistingFormat! : "qcow2", asItIs ? disk.ExistingPath! : PathOf(at, volumes.Data(i)),
                $"vd{(char)('b' + i)}", "virtio", serial: $"data{i}");
        }

        // A virtio disk, not a CD-ROM: Debian's cloud kernel has no AHCI driver. Last, so that it takes no data disk's name.
        if (definition.Seed is not null)
            yield return Disk("disk", "raw", PathOf(at, volumes.Seed), "vdz", "virtio", readOnly: true, serial: "seed");
    }

    private static XElement Disk(
        string device, string format, string path, string target, string bus, bool readOnly = false, int? order = null, string? serial = null) =>
        new("disk", new XAttribute("type", "file"), new XAttribute("device", device),
            new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", format), new XAttribute("discard", "unmap")),
            new XElement("source", new XAttribute("file", path)),
            new XElement("target", new XAttribute("dev", target), new XAttribute("bus", bus)),
            serial is null ? null : new XElement("serial", serial),
            order is null ? null : new XElement("boot", new XAttribute("order", order)),
            readOnly ? new XElement("readonly") : null);

    /// <summary><see cref="EmulatedCpu"/> in libvirt's words: it spells one feature otherwise.</summary>
    private static XElement CpuWithoutKvm() => new("cpu", new XAttribute("mode", "custom"), new XAttribute("match", "exact"), new XAttribute("check", "none"),
        new XElement("model", new XAttribute("fallback", "forbid"), EmulatedCpu.Model),
        EmulatedCpu.Features.Select(f => new XElement("feature", new XAttribute("policy", "require"), new XAttribute("name", f == "pclmulqdq" ? "pclmuldq" : f))));

    /// <summary>
    /// QEMU's own user-mode network with the forwards. libvirt's XML knows no forwards for it, and passt, which does, is missing
    /// before libvirt 9 and differs between 9 and 11; so the two options are handed through (formatdomain, "qemu:commandline").
    /// The slot is stated because both ends of a migration must have the same.
    /// </summary>
    private static XElement UserNetwork(MachineDefinition definition)
    {
        var forwards = definition.Forwards.Select(f =>
            string.Create(CultureInfo.InvariantCulture, $",hostfwd={f.Protocol}:{f.HostAddress}:{f.HostPort}-:{f.GuestPort}"));
        var card = new JsonObject
        {
            ["driver"] = "virtio-net-pci",
            ["id"] = "warren-net0",
            ["netdev"] = "warren0",
            ["mac"] = definition.MacAddress,
            ["romfile"] = "", // As the driver for QEMU: nothing boots from the network.
            ["bus"] = "pcie.0",
            ["addr"] = "0x10",
        };
        string[] line = ["-netdev", "user,id=warren0" + string.Concat(forwards), "-device", card.ToJsonString()];
        return new XElement(s_qemu + "commandline", line.Select(a => new XElement(s_qemu + "arg", new XAttribute("value", a))));
    }

    private static string PathOf(DomainSurroundings at, string volume) => $"{at.PoolPath.TrimEnd('/')}/{volume}";
}
