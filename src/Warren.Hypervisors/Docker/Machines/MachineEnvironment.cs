using System.Globalization;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>What the host offers a container, as proven by a probe.</summary>
/// <param name="Kvm">A guest boots with /dev/kvm.</param>
/// <param name="Tap">A tap device can be made with /dev/net/tun.</param>
internal sealed record Offer(bool Kvm, bool Tap);

/// <summary>
/// The environment of a machine's container: names and meanings as in the documentation of qemus/qemu
/// (docs/environment.md) and dockur/windows (readme.md).
/// </summary>
internal static class MachineEnvironment
{
    /// <summary>Ports that those images use themselves: web page, its relays, VNC and its WebSocket.</summary>
    internal static readonly int[] OwnPorts = [8006, 8004, 8003, 5900, 5700];

    internal const int WebPort = 8006, RemoteDesktopPort = 3389;

    /// <summary>Seconds between the guest's limit and the engine's, for the image to tidy up.</summary>
    private const int Margin = 5;

    internal static IReadOnlyList<string> Build(MachineDefinition definition, BootSource boot, Offer offer, TimeSpan grace)
    {
        List<string> variables =
        [
            Text($"RAM_SIZE={definition.MemoryMiB}M"),
            Text($"CPU_CORES={definition.Cpus}"),
            $"MAC={definition.MacAddress}",
            $"HOST={definition.Name}",
            $"KVM={(offer.Kvm ? "Y" : "N")}",
            $"NETWORK={(offer.Tap ? "Y" : "user")}",
            $"USER_PORTS={string.Join(',', UserPorts(definition))}",
            "SERIAL=stdio",
            Text($"TIMEOUT={Math.Max(5, (int)grace.TotalSeconds - Margin)}"),
            $"ARGUMENTS={Arguments(definition, boot)}",
        ];
        // These images always give a disk; the least they accept where none is wanted.
        if (boot.Format != "container") variables.Add(Text($"DISK_SIZE={Math.Max(1, definition.DiskGiB)}G"));
        else if (definition.DiskGiB > 0) variables.Add(Text($"DISK_SIZE={definition.DiskGiB}G"));
        if (boot.Format == "container") AddOptions(variables, definition);
        else AddHardware(variables, definition);
        return variables;
    }

    /// <summary>Insists on options whose values the images' scripts take as one plain word or name, and on ports that are free there.</summary>
    /// <exception cref="HypervisorException">Rejected, naming the field and the rule.</exception>
    internal static void Check(MachineDefinition definition)
    {
        foreach (var name in new[] { "version", "boot", "language" })
        {
            if (definition.Options.TryGetValue(name, out var value) && (value.Length is 0 or > 300 || !char.IsAsciiLetterOrDigit(value[0])
                || !value.All(c => char.IsAsciiLetterOrDigit(c) || " ._:/?=&%+,~-".Contains(c, StringComparison.Ordinal))))
            {
                throw Refuse($"options.{name} must be 1-300 letters, digits, spaces and ._:/?=&%+,~- and begin with a letter or digit");
            }
        }

        if (definition.Options.TryGetValue("manual", out var manual) && manual is not ("true" or "false")) throw Refuse("options.manual must be true or false");
        foreach (var name in new[] { "version", "boot", "language", "manual", "oemFolder" })
        {
            if (definition.Boot.Format != "container" && definition.Options.ContainsKey(name))
                throw Refuse($"options.{name} is for images of the format container: a {definition.Boot.Format} installs nothing");
        }

        foreach (var forward in definition.Forwards)
        {
            if (OwnPorts.Contains(forward.GuestPort))
                throw Refuse(Text($"forwards.guestPort {forward.GuestPort} is the container's own ({string.Join(", ", OwnPorts)} are)"));
        }
    }

    private static void AddHardware(List<string> variables, MachineDefinition definition)
    {
        variables.Add("DISK_FMT=qcow2");
        variables.Add(definition.Firmware == Firmware.Uefi ? "BOOT_MODE=uefi" : "BOOT_MODE=legacy");
        variables.Add(definition.Video == VideoCard.Virtio ? "VGA=virtio" : "VGA=std");
    }

    private static void AddOptions(List<string> variables, MachineDefinition definition)
    {
        foreach (var (option, variable) in new[] { ("version", "VERSION"), ("boot", "BOOT"), ("language", "LANGUAGE") })
        {
            if (definition.Options.TryGetValue(option, out var value)) variables.Add($"{variable}={value}");
        }

        if (definition.Options.TryGetValue("manual", out var manual)) variables.Add($"MANUAL={(manual == "true" ? "Y" : "N")}");
    }

    /// <summary>Words for QEMU that the images have no variable for; every path in them is one of ours inside the container.</summary>
    private static string Arguments(MachineDefinition definition, BootSource boot)
    {
        List<string> words = [];
        if (boot is { Format: "iso", Volume: not null })
            words.Add($"-drive file={StoragePaths.Base},format=raw,media=cdrom,readonly=on,if=none,id=medium -device virtio-scsi-pci,id=media -device scsi-cd,drive=medium,bus=media.0,bootindex=2");
        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            var disk = definition.DataDisks[i];
            var (file, format) = disk.ExistingPath is null ? (StoragePaths.DataDisk(i), "qcow2") : (StoragePaths.ExistingDisk(i), disk.ExistingFormat!);
            words.Add(Text($"-drive file={file},format={format},if=none,id=extra{i} -device virtio-blk-pci,drive=extra{i}"));
        }

        if (definition.Seed is not null)
        {
            words.Add($"-drive file={StoragePaths.Seed},format=raw,media=cdrom,readonly=on,if=none,id=seed -device virtio-scsi-pci,id=seedbus -device scsi-cd,drive=seed,bus=seedbus.0");
        }

        if (definition.Ephemeral) words.Add("-snapshot");
        return string.Join(' ', words);
    }

    private static string[] UserPorts(MachineDefinition definition) =>
    [
        .. definition.Forwards.Select(f => Text($"{f.GuestPort}/{f.Protocol}")).Append(Text($"{RemoteDesktopPort}/tcp")).Distinct(),
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static HypervisorException Refuse(string message) => new(HypervisorErrorKind.Rejected, message);
}

/// <summary>Where things are inside a machine's container.</summary>
internal static class StoragePaths
{
    internal const string Storage = "/storage";

    /// <summary>The system disk by the images' own convention.</summary>
    internal const string SystemDisk = "/storage/data.qcow2";

    internal const string Seed = "/storage/seed.iso";

    /// <summary>Folder and file of the image that the system disk is an overlay of.</summary>
    internal const string BaseFolder = "/base", Base = "/base/disk";

    internal static string DataDisk(int index) => string.Create(CultureInfo.InvariantCulture, $"/storage/disk{index}.qcow2");

    internal static string ExistingDisk(int index) => string.Create(CultureInfo.InvariantCulture, $"/disks/{index}");
}
