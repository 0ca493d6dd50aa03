using System.Globalization;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>A definition in the parameters of qm.conf(5).</summary>
internal static class MachineParameters
{
    /// <summary>The slot of the seed: SCSI and the first IDE slots may be a template's own.</summary>
    internal const string SeedSlot = "ide3";

    /// <summary>The slot of an ISO that is booted, or of the cloud-init drive.</summary>
    internal const string MediumSlot = "ide2";

    /// <summary>The system disk.</summary>
    internal const string SystemSlot = "scsi0";

    /// <summary>What this driver does not do is said before anything is touched.</summary>
    internal static void Check(MachineDefinition definition)
    {
        DefinitionRules.Check(definition, ProxmoxKind.Kind);
        if (definition.Forwards.Count > 0) throw Unsupported("forwards", "Proxmox VE opens no ports of its nodes for guests; they have addresses of their own on the bridge");
        if (definition.DataDisks.Any(d => d.ExistingPath is not null)) throw Unsupported("dataDisks.existingPath", "a file of the server cannot be attached as it is to a machine elsewhere");
        if (definition.DataDisks.Count > 20) throw Unsupported("dataDisks", "at most 20 are attached");
        if (definition.Firmware == Firmware.Uefi && definition.Options.ContainsKey("template")) throw Unsupported("firmware", "is the template's own");
        CheckOptions(definition);
    }

    /// <summary>What a machine is besides its disks.</summary>
    internal static Form Hardware(MachineDefinition definition, ProxmoxOptions options, int major)
    {
        // The model that newer distributions need came with 8; older servers know it not and have kvm64.
        var form = Resources(new Form(), definition)
            .With("sockets", 1).With("cpu", major >= 8 ? "x86-64-v2-AES" : null).With("ostype", "l26").With("scsihw", "virtio-scsi-single")
            .With("net0", Card(definition, options)).With("serial0", "socket").With("agent", "enabled=1").With("tablet", true)
            .With("vga", definition.Video == VideoCard.Virtio ? "type=virtio" : "type=std").With("onboot", false);
        return definition.Firmware == Firmware.Uefi ? form.With("bios", "ovmf").With("machine", "q35") : form;
    }

    internal static Form Resources(Form form, MachineDefinition definition) =>
        form.With("memory", definition.MemoryMiB).With("cores", definition.Cpus);

    internal static string Card(MachineDefinition definition, ProxmoxOptions options) => $"model=virtio,macaddr={definition.MacAddress.ToUpperInvariant()},bridge={options.Bridge}";

    /// <summary>The disks, from an imported image or an ISO.</summary>
    internal static Form Disks(MachineDefinition definition, ProxmoxOptions options, string medium)
    {
        var kept = definition.Ephemeral ? ",snapshot=1" : "";
        var form = new Form();
        var iso = definition.Boot.Format == "iso";
        if (!iso) form.With(SystemSlot, $"file={options.Storage}:0,import-from={medium},discard=on{kept}");
        else if (definition.DiskGiB > 0) form.With(SystemSlot, string.Create(CultureInfo.InvariantCulture, $"file={options.Storage}:{definition.DiskGiB},discard=on{kept}"));
        if (iso) form.With(MediumSlot, $"file={medium},media=cdrom");
        if (definition.Firmware == Firmware.Uefi) form.With("efidisk0", $"file={options.Storage}:1,efitype=4m,pre-enrolled-keys=0");
        AddDataDisks(form, definition, options);
        var order = (!iso || definition.DiskGiB > 0, iso) switch
        {
            (true, true) => $"order={SystemSlot};{MediumSlot}",
            (true, false) => $"order={SystemSlot}",
            _ => $"order={MediumSlot}",
        };
        return form.With("boot", order);
    }

    internal static Form AddDataDisks(Form form, MachineDefinition definition, ProxmoxOptions options)
    {
        for (var i = 0; i < definition.DataDisks.Count; i++)
        {
            form.With(string.Create(CultureInfo.InvariantCulture, $"scsi{i + 1}"),
                string.Create(CultureInfo.InvariantCulture, $"file={options.Storage}:{definition.DataDisks[i].SizeGiB},discard=on{(definition.Ephemeral ? ",snapshot=1" : "")}"));
        }

        return form;
    }

    /// <summary>What a template's own cloud-init drive is filled from. The server wants the keys encoded once more than others (qm.conf(5), sshkeys).</summary>
    internal static Form CloudInit(Form form, MachineDefinition definition, ProxmoxOptions options)
    {
        var (user, key, address) = (Option(definition, "ciUser"), Option(definition, "ciKey"), Option(definition, "ipConfig"));
        if ((user ?? key ?? address) is null) return form;
        form.With(MediumSlot, $"file={options.Storage}:cloudinit,media=cdrom").With("citype", "nocloud").With("ciuser", user).With("ipconfig0", address);
        return key is null ? form : form.With("sshkeys", Uri.EscapeDataString(key));
    }

    internal static string? Option(MachineDefinition definition, string name) => definition.Options.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static void CheckOptions(MachineDefinition definition)
    {
        if (Option(definition, "template") is { } template && (!int.TryParse(template, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 100 or > 999_999_999))
            throw Refused("template", "must be the number of a template");
        if (Option(definition, "linked") is { } linked && linked is not ("true" or "false")) throw Refused("linked", "must be true or false");
        if (Option(definition, "linked") == "true" && Option(definition, "template") is null) throw Refused("linked", "needs a template");
        foreach (var name in new[] { "ciUser", "ciKey", "ipConfig" })
        {
            if (Option(definition, name) is not null && (definition.Seed is not null || Option(definition, "template") is null)) throw Refused(name, "needs a template, and no seed");
        }
    }

    private static HypervisorException Refused(string option, string rule) => new(HypervisorErrorKind.Rejected, $"options.{option} {rule}");

    private static HypervisorException Unsupported(string field, string why) => new(HypervisorErrorKind.Unsupported, $"{field}: {why}");
}
