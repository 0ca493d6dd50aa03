namespace Hypervisors.Tests.VirtualBox.Imitation;

/// <summary>States and snapshots.</summary>
internal sealed partial class ImitatedBox
{
    private string Start(ImitatedCall call)
    {
        var machine = Find(call.Next());
        call.ReadOptions("startvm");
        if (call.Option("--type") is not ("headless" or "gui" or "sdl" or "separate")) throw BoxRefusal.Usage($"Invalid frontend type: '{call.Option("--type")}'");
        InsistOnUnlocked(machine);
        Directory.CreateDirectory(Path.Combine(machine.Folder, "Logs"));
        var medium = machine.Slots.Values.Select(s => s.Type == "hdd" ? "Hard Disk" : "CD-ROM").FirstOrDefault();
        File.WriteAllText(Path.Combine(machine.Folder, "Logs", "VBox.log"),
            "00:00:01.100000 VM: Starting\n" + (medium is null ? "" : $"00:00:02.386054 VMMDev: Guest Log: BIOS: Booting from {medium}...\n"));
        machine.Become("running");
        return $"Waiting for VM \"{machine.Name}\" to power on...\nVM \"{machine.Name}\" has been successfully started.\n";
    }

    private static string Control(ImitatedVm machine, string verb)
    {
        if (!machine.Runs) throw BoxRefusal.Plain($"Machine '{machine.Name}' is not currently running.");
        var next = (verb, machine.State) switch
        {
            ("pause", "running") => "paused",
            ("resume", "paused") => "running",
            ("poweroff", _) => "poweroff",
            ("savestate", _) => "saved",
            ("acpipowerbutton", "running") => "running",
            ("reset", "running") => "running",
            ("pause" or "resume" or "acpipowerbutton" or "reset", var state) =>
                throw new BoxRefusal("VBOX_E_INVALID_VM_STATE", 0x80bb0002, $"Invalid machine state: {state}"),
            _ => throw BoxRefusal.Usage($"Unknown controlvm sub-command '{verb}'"),
        };
        if (next != machine.State) machine.Become(next);
        return "";
    }

    private static string Discard(ImitatedVm machine)
    {
        if (machine.State != "saved")
            throw new BoxRefusal("VBOX_E_INVALID_VM_STATE", 0x80bb0002, $"Cannot discard the saved state as the machine is not in the Saved or Aborted-Saved state (machine state: {machine.State})");
        machine.Become("poweroff");
        return "";
    }

    private static string Snapshot(ImitatedVm machine, ImitatedCall call)
    {
        switch (call.Next())
        {
            case "list":
                call.ReadOptions("list");
                return machine.Current is null ? throw new BoxRefusal("", 0, "") { Output = "This machine does not have any snapshots\n" } : machine.Tree();
            case "take":
                var name = call.Next();
                call.ReadOptions("take");
                var taken = new ImitatedSnapshot(name, call.Has("--description") ? call.Option("--description") : null, machine.State != "poweroff") { Parent = machine.Current };
                machine.Snapshots.Add(taken);
                machine.Current = taken;
                return $"Snapshot taken. UUID: {taken.Uuid}\n";
            case "restore":
                InsistOnUnlocked(machine);
                machine.Current = FindSnapshot(machine, call.Next());
                machine.Become(machine.Current.Memory ? "saved" : "poweroff");
                return $"Restoring snapshot '{machine.Current.Name}' ({machine.Current.Uuid})\n";
            case "delete":
                var gone = FindSnapshot(machine, call.Next());
                var children = machine.Snapshots.Where(s => s.Parent == gone).ToArray();
                if (children.Length > 1)
                    throw new BoxRefusal("VBOX_E_INVALID_OBJECT_STATE", 0x80bb0007, $"Snapshot '{gone.Name}' of the machine '{machine.Name}' cannot be deleted, because it has {children.Length} child snapshots, which is more than the one snapshot allowed for deletion");
                foreach (var child in children) child.Parent = gone.Parent;
                if (machine.Current == gone) machine.Current = gone.Parent;
                machine.Snapshots.Remove(gone);
                return $"Deleting snapshot '{gone.Name}' ({gone.Uuid})\n";
            case var other:
                throw BoxRefusal.Usage($"Invalid parameter '{other}'");
        }
    }

    private static ImitatedSnapshot FindSnapshot(ImitatedVm machine, string name) => machine.Snapshots.FirstOrDefault(s => s.Name == name || s.Uuid == name)
        ?? throw new BoxRefusal("VBOX_E_OBJECT_NOT_FOUND", 0x80bb0001, $"Could not find a snapshot named '{name}'");
}
