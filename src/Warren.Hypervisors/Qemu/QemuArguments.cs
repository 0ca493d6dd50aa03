using System.Globalization;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Guests;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// A definition as QEMU's command line. Pure: no file is touched. Paths go in as JSON (-blockdev, -device) where QEMU
/// takes it; where it splits at commas instead, commas are doubled as its manual says.
/// </summary>
internal static class QemuArguments
{
    /// <summary>Node of the system disk.</summary>
    internal const string SystemNode = "system";

    /// <summary>Node of an ISO booted from.</summary>
    internal const string IsoNode = "bootiso";

    /// <summary>What the nodes of data disks begin with; their number follows.</summary>
    private const string DataNode = "data";

    /// <summary>The last byte of the guest's address in QEMU's user network (docs/system/devices/net.rst: the first of its DHCP range).</summary>
    internal const int GuestAddress = 15;

    internal const string SandboxPolicy = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

    /// <summary>The arguments, program left out.</summary>
    internal static List<string> Build(
        MachineDefinition definition, MachineFolder folder, QemuOptions options, string accelerator, FirmwareFiles? firmware, GuestMemory? memory = null, Resumption? resumed = null)
    {
        var board = (resumed?.MachineType ?? "q35") + (memory is null ? "" : ",memory-backend=ram");
        List<string> line = [.. options.ExtraArguments];
        line.AddRange("-nodefaults", "-no-user-config");
        line.AddRange("-name", "guest=" + definition.Name, "-uuid", folder.HardwareId.ToString());
        line.AddRange("-M", firmware is null ? board : board + ",pflash0=fwcode,pflash1=fwvars");
        // Emulated CPUs in threads of their own race in QEMU before 8.2 when one maps a device while another writes to one (mended by "softmmu:
        // Use async_run_on_cpu in tcg_commit"). A crash of 7.2 was seen that looks like it: memory_region_dispatch_write of no region.
        line.AddRange("-accel", accelerator == "kvm" ? "kvm" : definition.Cpus > 1 ? "tcg,thread=single" : "tcg,thread=multi", "-cpu", accelerator == "kvm" ? "host" : options.TcgCpu);
        line.AddRange("-m", Text(definition.MemoryMiB), "-smp", Text(definition.Cpus));
        if (memory is not null) line.AddRange("-object", Memory(memory, definition));
        line.AddRange("-pidfile", folder.PidFile, "-msg", "timestamp=on");
        // -daemonize is not used: it needs fork and setsid, which this policy denies (QEMU 7.2 dies of SIGSYS).
        if (options.Sandbox) line.AddRange("-sandbox", SandboxPolicy);
        AddFirmware(line, folder, firmware);
        AddDisks(line, definition, folder);
        AddNetwork(line, definition, resumed?.Leases ?? 0);
        AddConsoles(line, definition, folder, resumed?.Clipboard ?? true);
        // -S: the one who gives it the state lets it run.
        if (resumed is not null) line.AddRange("-S", "-incoming", "defer");
        return line;
    }

    /// <summary>The number of the data disk that a node is, or null.</summary>
    internal static int? DataIndex(string node) =>
        node.StartsWith(DataNode, StringComparison.Ordinal) && int.TryParse(node.AsSpan(DataNode.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;

    private static void AddFirmware(List<string> line, MachineFolder folder, FirmwareFiles? firmware)
    {
        if (firmware is null) return;
        line.AddRange("-blockdev", Node("fwcode", "raw", firmware.Code, readOnly: true));
        line.AddRange("-blockdev", Node("fwvars", "raw", folder.FirmwareVariables, readOnly: false));
    }

    private static void AddDisks(List<string> line, MachineDefinition definition, MachineFolder folder)
    {
        var order = 0;
        // The disk comes before the ISO: firmware passes over an empty one, and after an installation the guest boots from it.
        if (definition.DiskGiB > 0 || definition.Boot.Format != "iso")
        {
            var drive = AddDisk(line, definition, SystemNode, "qcow2", folder.SystemDisk, readOnly: false);
            line.AddRange("-device", Device("virtio-blk-pci", ("drive", drive), ("id", "disk0"), ("bootindex", order++)));
        }

        if (definition.Boot.Format == "iso")
        {
            var drive = AddDisk(line, definition, IsoNode, "raw", definition.Boot.Path, readOnly: true);
            line.AddRange("-device", Device("ide-cd", ("drive", drive), ("id", "cd0"), ("bus", "ide.0"), ("bootindex", order)));
        }

        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            var disk = definition.DataDisks[i];
            var attachedAsIs = disk.ExistingPath is not null && !definition.Ephemeral;
            var drive = attachedAsIs
                ? AddDisk(line, definition, DataNode + Text(i), disk.ExistingFormat!, disk.ExistingPath!, readOnly: false)
                : AddDisk(line, definition, DataNode + Text(i), "qcow2", folder.DataDisk(i), readOnly: false);
            line.AddRange("-device", Device("virtio-blk-pci", ("drive", drive), ("id", $"disk{i + 1}"), ("serial", $"data{i}")));
        }

        if (definition.Seed is null) return;
        // A virtio disk, not a CD-ROM: Debian's cloud kernel has no AHCI driver. Last, so that it takes no data disk's name.
        line.AddRange("-blockdev", Node("seed", "raw", folder.Seed, readOnly: true));
        line.AddRange("-device", Device("virtio-blk-pci", ("drive", "seed"), ("id", "seed"), ("serial", "seed")));
    }

    private static void AddNetwork(List<string> line, MachineDefinition definition, int leases)
    {
        // QEMU's DHCP server counts on from the leases that came with the state: the one given next has to be the guest's address.
        var first = leases == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $",dhcpstart=10.0.2.{GuestAddress - leases}");
        var forwards = definition.Forwards.Select(f =>
            string.Create(CultureInfo.InvariantCulture, $",hostfwd={f.Protocol}:{f.HostAddress}:{f.HostPort}-10.0.2.{GuestAddress}:{f.GuestPort}"));
        // QEMU's own word for it (qemu(1), -netdev user); what comes in by forwards is still answered.
        var restrict = definition.NetworkMode == GuestNetworkMode.Isolated ? ",restrict=on" : "";
        line.AddRange("-netdev", "user,id=net0" + restrict + first + string.Concat(forwards));
        // Nothing boots from the network; without the card's boot ROM the firmware is done a tenth of tiny's boot earlier.
        line.AddRange("-device", Device("virtio-net-pci", ("netdev", "net0"), ("mac", definition.MacAddress), ("romfile", "")));
    }

    private static void AddConsoles(List<string> line, MachineDefinition definition, MachineFolder folder, bool clipboard)
    {
        line.AddRange("-device", "virtio-rng-pci");
        // A fork's guest learns by it that it is another machine (Microsoft, "Virtual Machine Generation ID").
        line.AddRange("-device", "vmgenid,guid=auto");
        line.AddRange("-display", "none", "-vnc", "unix:" + Escape(folder.RfbSocket));
        line.AddRange("-device", definition.Video == VideoCard.Virtio ? "virtio-vga" : "VGA");
        // A tablet reports absolute positions, so that the pointer in a viewer is where the guest thinks it is.
        line.AddRange("-device", "qemu-xhci", "-device", "usb-tablet");
        line.AddRange("-chardev", Listening("qmp", folder.QmpSocket), "-mon", "chardev=qmp,mode=control");
        line.AddRange("-chardev", Listening("serial", folder.SerialSocket) + $",logfile={Escape(folder.SerialLog)},logappend=on");
        line.AddRange("-serial", "chardev:serial");
        line.AddRange("-chardev", Listening("agent", folder.AgentSocket), "-device", "virtio-serial-pci");
        line.AddRange("-device", Device("virtserialport", ("chardev", "agent"), ("name", "org.qemu.guest_agent.0")));
        if (!clipboard) return;
        // Not QEMU's own qemu-vdagent: while that is there, the machine's memory cannot be kept ("doesn't yet support migration").
        line.AddRange("-chardev", Listening("clipboard", folder.ClipboardSocket));
        line.AddRange("-device", Device("virtserialport", ("chardev", "clipboard"), ("name", SpiceAgent.PortName)));
    }

    private static string Listening(string id, string path) => $"socket,id={id},path={Escape(path)},server=on,wait=off";

    private static string Memory(GuestMemory memory, MachineDefinition definition)
    {
        var backend = new JsonObject
        {
            ["qom-type"] = "memory-backend-file",
            ["id"] = "ram",
            ["mem-path"] = memory.Path,
            ["size"] = definition.MemoryMiB * (1L << 20),
            ["share"] = memory.Shared,
        };
        // The file is only read, and the guest's memory is not (QEMU docs/system/vm-templating.rst).
        if (memory.ReadOnly) (backend["readonly"], backend["rom"]) = (true, "off");
        return backend.ToJsonString();
    }

    /// <summary>
    /// A disk, of which all of a machine's share one limit. That is -drive's to say (docs/throttle.txt): -blockdev has only a filter for it, which
    /// would stand between the disk and its snapshots.
    /// </summary>
    /// <returns>What its device is told.</returns>
    private static string AddDisk(List<string> line, MachineDefinition definition, string node, string format, string path, bool readOnly)
    {
        if (definition.DiskMiBps is null && definition.DiskIops is null)
        {
            line.AddRange("-blockdev", Node(node, format, path, readOnly));
            return node;
        }

        var bytes = definition.DiskMiBps is { } most ? string.Create(CultureInfo.InvariantCulture, $",throttling.bps-total={(long)most << 20}") : "";
        var operations = definition.DiskIops is { } count ? string.Create(CultureInfo.InvariantCulture, $",throttling.iops-total={count}") : "";
        line.AddRange("-drive", $"if=none,id=drive-{node},node-name={node},driver={format},read-only={(readOnly ? "on" : "off")},discard=unmap"
            + $",file.driver=file,file.filename={Escape(path)}{bytes}{operations},throttling.group=disks");
        return "drive-" + node;
    }

    private static string Node(string name, string format, string path, bool readOnly) => new JsonObject
    {
        ["node-name"] = name,
        ["driver"] = format,
        ["read-only"] = readOnly,
        ["discard"] = "unmap",
        ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = path },
    }.ToJsonString();

    private static string Device(string driver, params (string Name, JsonNode Value)[] properties)
    {
        var device = new JsonObject { ["driver"] = driver };
        foreach (var (name, value) in properties) device[name] = value;
        return device.ToJsonString();
    }

    private static string Escape(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static void AddRange(this List<string> line, params ReadOnlySpan<string> arguments)
    {
        foreach (var argument in arguments) line.Add(argument);
    }
}

/// <summary>A file that is a guest's memory.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Shared">The guest writes to it; else what it writes is its own.</param>
/// <param name="ReadOnly">QEMU need not be able to write to it, and does not open it for that; not before 8.2.</param>
internal sealed record GuestMemory(string Path, bool Shared, bool ReadOnly = false);

/// <summary>What a QEMU must know that goes on with the state of another.</summary>
/// <param name="MachineType">The versioned type of its board: <c>q35</c> means another one in the next QEMU.</param>
/// <param name="Leases">DHCP leases in the state that belong to machines it was forked from.</param>
/// <param name="Clipboard">It has the port of a clipboard; states that do not say so are older than that port, and fit no machine that has it.</param>
internal sealed record Resumption(string MachineType, int Leases, bool Clipboard = false);
