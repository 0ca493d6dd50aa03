using System.Globalization;

namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>Settings, controllers, media and shared folders.</summary>
internal sealed partial class ImitatedBox
{
    private static readonly Dictionary<string, string[]> s_values = new(StringComparer.Ordinal)
    {
        ["--firmware"] = ["bios", "efi", "efi32", "efi64"],
        ["--graphicscontroller"] = ["none", "vboxvga", "vmsvga", "vboxsvga"],
        ["--clipboard-mode"] = ["disabled", "hosttoguest", "guesttohost", "bidirectional"],
        ["--drag-and-drop"] = ["disabled", "hosttoguest", "guesttohost", "bidirectional"],
        ["--draganddrop"] = ["disabled", "hosttoguest", "guesttohost", "bidirectional"],
        ["--accelerate-3d"] = ["on", "off"],
        ["--accelerate3d"] = ["on", "off"],
        ["--ioapic"] = ["on", "off"],
        ["--vrde"] = ["on", "off"],
        ["--audio"] = ["none", "null", "alsa", "pulse"],
        ["--audio-driver"] = ["none", "default", "null", "alsa", "pulse"],
        ["--nic1"] = ["none", "nat", "bridged", "intnet", "hostonly"],
        ["--nic2"] = ["none", "nat", "bridged", "intnet", "hostonly"],
    };

    private string ModifyVm(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("modifyvm");
        InsistOnUnlocked(machine);
        if (machine.State == "saved") throw new BoxRefusal("VBOX_E_INVALID_VM_STATE", 0x80bb0002, "The machine is not mutable (state is Saved)");
        foreach (var (name, value) in call.Options)
        {
            if (s_values.TryGetValue(name, out var known) && !known.Contains(value)) throw BoxRefusal.Usage($"Invalid {name[2..]} argument '{value}'");
            if (name is "--nat-pf1" or "--natpf1") Forward(machine, value);
            else if (name == "--description") machine.Description = value;
            else if (name == "--firmware") machine.Settings["firmware"] = value.ToUpperInvariant();
            else machine.Settings[name[2..].Replace("-", "", StringComparison.Ordinal)] = value;
        }

        return "";
    }

    private static void Forward(ImitatedVm machine, string rule)
    {
        if (rule.StartsWith("delete ", StringComparison.Ordinal))
        {
            if (machine.Forwards.RemoveAll(f => f.StartsWith(rule[7..] + ",", StringComparison.Ordinal)) == 0)
                throw new BoxRefusal("E_INVALIDARG", 0x80070057, $"The NAT redirect rule '{rule[7..]}' does not exist");
            return;
        }

        var parts = rule.Split(',');
        if (parts.Length != 6 || parts[1] is not ("tcp" or "udp")) throw BoxRefusal.Usage("Invalid proto in natpf");
        if (machine.Forwards.Any(f => f.StartsWith(parts[0] + ",", StringComparison.Ordinal))) throw new BoxRefusal("E_INVALIDARG", 0x80070057, "A NAT rule of this name already exists");
        machine.Forwards.Add(rule);
    }

    private string StorageCtl(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("storagectl");
        if (machine.Controller is not null) throw new BoxRefusal("VBOX_E_OBJECT_IN_USE", 0x80bb000c, "Storage controller already exists");
        if (call.Option("--add") != "sata" || call.Option("--controller") != "IntelAhci") throw BoxRefusal.Usage("Invalid --add argument");
        machine.Controller = call.Option("--name");
        machine.Ports = int.Parse(call.Option("--portcount"), CultureInfo.InvariantCulture);
        if (machine.Ports > 30) throw new BoxRefusal("E_INVALIDARG", 0x80070057, "Invalid port count: must be in range [1, 30]");
        return "";
    }

    private string StorageAttach(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("storageattach");
        InsistOnUnlocked(machine);
        var (port, path) = (int.Parse(call.Option("--port"), CultureInfo.InvariantCulture), call.Option("--medium"));
        if (machine.Controller != call.Option("--storagectl")) throw new BoxRefusal("VBOX_E_OBJECT_NOT_FOUND", 0x80bb0001, "Could not find a controller of that name");
        if (port >= machine.Ports || call.Option("--device") != "0") throw new BoxRefusal("E_INVALIDARG", 0x80070057, "The port and/or device parameter are out of range");
        if (!File.Exists(path)) throw new BoxRefusal("VBOX_E_FILE_ERROR", 0x80bb0004, $"Could not find file for the medium '{path}' (VERR_FILE_NOT_FOUND)");
        if (call.Option("--type") == "hdd" && ImitatedMedia.MiBOf(path) is null) throw new BoxRefusal("VBOX_E_IPRT_ERROR", 0x80bb0005, $"Could not get the storage format of the medium '{path}' (VERR_NOT_SUPPORTED)");
        machine.Slots[port] = (call.Option("--type"), path);
        if (call.Option("--type") == "dvddrive") Media.Add(path);
        return "";
    }

    private string Medium(ImitatedCall call)
    {
        if (call.Next() is not ("disk" or "dvd")) throw BoxRefusal.Usage("Invalid medium type");
        switch (call.Verb)
        {
            case "createmedium":
                call.ReadOptions("createmedium");
                InsistOnFreshFile(call.Option("--filename"));
                ImitatedMedia.Create(call.Option("--filename"), long.Parse(call.Option("--size"), CultureInfo.InvariantCulture));
                return "Medium created. UUID: x\n";
            case "clonemedium":
                var (from, to) = (call.Next(), call.Next());
                call.ReadOptions("clonemedium");
                InsistOnFreshFile(to);
                ImitatedMedia.Create(to, SizeOf(from));
                return "Clone medium created in format 'VDI'. UUID: x\n";
            case "modifymedium":
                var disk = call.Next();
                call.ReadOptions("modifymedium");
                var wanted = long.Parse(call.Option("--resize"), CultureInfo.InvariantCulture);
                if (wanted < SizeOf(disk)) throw new BoxRefusal("VBOX_E_NOT_SUPPORTED", 0x80bb0009, "Shrinking is not supported");
                ImitatedMedia.Resize(disk, wanted);
                return "";
            case "showmediuminfo":
                var path = call.Next();
                return $"UUID:           x\nParent UUID:    base\nState:          created\nLocation:       {path}\nStorage format: VDI\nFormat variant: dynamic default\nCapacity:       {SizeOf(path)} MBytes\n";
            default:
                var closed = call.Next();
                if (_machines.Any(m => m.Slots.Values.Any(slot => slot.Path == closed)))
                    throw new BoxRefusal("VBOX_E_OBJECT_IN_USE", 0x80bb000c, $"Medium '{closed}' cannot be closed because it is still attached to 1 virtual machines");
                Media.Remove(closed);
                return "";
        }
    }

    private static long SizeOf(string path) => ImitatedMedia.MiBOf(path)
        ?? throw new BoxRefusal("VBOX_E_FILE_ERROR", 0x80bb0004, $"Could not find file for the medium '{path}' (VERR_FILE_NOT_FOUND)");

    private static void InsistOnFreshFile(string path)
    {
        if (File.Exists(path)) throw new BoxRefusal("VBOX_E_FILE_ERROR", 0x80bb0004, $"Could not create the medium storage unit '{path}' (VERR_ALREADY_EXISTS)");
    }

    private string Share(ImitatedCall call)
    {
        var verb = call.Next();
        var machine = Find(call.Next());
        call.ReadOptions("sharedfolder");
        if (verb == "add") machine.Shared.Add(call.Option("--name"), call.Option("--hostpath"));
        else if (verb != "remove" || !machine.Shared.Remove(call.Option("--name"))) throw new BoxRefusal("VBOX_E_OBJECT_NOT_FOUND", 0x80bb0001, "Could not find a shared folder of that name");
        return "";
    }
}
