using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>What changes machines: most of it as a task, under the machine's locks.</summary>
internal sealed partial class FakeProxmox
{
    private static readonly string[] s_drives = ["scsi", "ide", "sata", "virtio", "efidisk"];

    private string Create(ServerRequest request)
    {
        var machine = Add(int.Parse(request["vmid"], CultureInfo.InvariantCulture), request["node"]);
        machine.Config["lock"] = "create";
        return Begin(request["node"], "qmcreate", request["vmid"], machine, _ =>
        {
            Apply(machine, request);
            // Without an order of its own it gets one of what it has (create_vm): here its card.
            if (machine.Config.ContainsKey("net0")) machine.Config.TryAdd("boot", "order=net0");
            machine.Config.TryRemove("lock", out var _);
            return Task.CompletedTask;
        }, () => Remove(machine));
    }

    private ServerMachine Add(int vmid, string node)
    {
        var machine = NewMachine(vmid, node);
        // In one step: of several that ask for one number at once, one gets it.
        lock (_lock)
        {
            if (_machines.TryAdd(vmid, machine)) return machine;
            throw new ServerRefusal(500, $"unable to create VM {vmid} - VM {vmid} already exists on node '{_machines[vmid].Node}'");
        }
    }

    private void Apply(ServerMachine machine, ServerRequest request)
    {
        foreach (var name in (request.Maybe("delete") ?? "").Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries)) Delete(machine, name);
        foreach (var (name, values) in request.Values)
        {
            if (name is "node" or "vmid" or "delete" or "pool" or "digest" or "background_delay") continue;
            machine.Config[name] = s_drives.Any(d => name.StartsWith(d, StringComparison.Ordinal) && char.IsAsciiDigit(name[d.Length])) ? Drive(machine, name, values[0]) : values[0];
        }
    }

    /// <summary>Allocates, imports or attaches; the answer is what stands in the configuration then.</summary>
    private string Drive(ServerMachine machine, string name, string value)
    {
        var parts = value.Split(',').Select(p => p.Split('=', 2)).ToDictionary(p => p.Length == 1 ? "file" : p[0], p => p[^1], StringComparer.Ordinal);
        var file = parts["file"];
        if (parts.GetValueOrDefault("media") == "cdrom")
        {
            if (!file.EndsWith(":cloudinit", StringComparison.Ordinal) && !Volumes.ContainsKey(file)) throw new ServerRefusal(500, $"volume '{file}' does not exist");
            return $"{file},media=cdrom";
        }

        var storage = file.Split(':')[0];
        if (storage != "local-lvm") throw new ServerRefusal(500, $"storage '{storage}' does not support vm images");
        var size = 1L << 22;
        if (parts.TryGetValue("import-from", out var source))
        {
            if (!Volumes.TryGetValue(source, out var length)) throw new ServerRefusal(500, $"volume '{source}' does not exist");
            if (file != storage + ":0") throw new ServerRefusal(500, "import-from needs size 0");
            size = length;
        }
        else if (name != "efidisk0")
        {
            size = long.Parse(file.Split(':')[1], CultureInfo.InvariantCulture) << 30;
        }

        var volume = $"{storage}:vm-{machine.Vmid}-disk-{name}";
        Volumes[volume] = size;
        return $"{volume},size={(size >> 20) + 1}M" + (parts.ContainsKey("snapshot") ? ",snapshot=1" : "");
    }

    private void Delete(ServerMachine machine, string name)
    {
        if (name == "vmstate")
        {
            // The lock goes with the state (update_vm_api).
            if (machine.Config.GetValueOrDefault("lock") == "suspended") machine.Config.TryRemove("lock", out _);
            Volumes.TryRemove($"local-lvm:vm-{machine.Vmid}-state-suspend", out _);
            machine.Guest.Halt();
        }

        machine.Config.TryRemove(name, out _);
    }

    private string ChangeLater(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        return Begin(machine.Node, "qmconfig", request["vmid"], machine, _ =>
        {
            Apply(machine, request);
            return Task.CompletedTask;
        });
    }

    private JsonNode? ChangeNow(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine, (request.Maybe("delete") ?? "").Split(',').Contains("vmstate") ? "suspended" : null);
        Apply(machine, request);
        return null;
    }

    private string Resize(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        if (!machine.Config.TryGetValue(request["disk"], out var drive)) throw new ServerRefusal(500, $"disk '{request["disk"]}' does not exist");
        var volume = drive.Split(',')[0];
        var size = long.Parse(request["size"].TrimEnd('G'), CultureInfo.InvariantCulture) << 30;
        return Begin(machine.Node, "resize", request["vmid"], machine, _ =>
        {
            if (size < Volumes[volume]) throw new ServerRefusal(500, "shrinking disks is not supported");
            Volumes[volume] = size;
            machine.Config[request["disk"]] = $"{volume},size={size >> 30}G";
            return Task.CompletedTask;
        });
    }

    private string Destroy(ServerRequest request)
    {
        var machine = Require(request);
        if (machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} is running - destroy failed");
        CheckLock(machine, "suspended");
        if (machine.Managed && !request.Flag("purge")) throw new ServerRefusal(500, $"unable to remove VM {machine.Vmid} - used in HA resources and purge parameter not set.");
        return Begin(machine.Node, "qmdestroy", request["vmid"], machine, _ =>
        {
            if (machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} is running - destroy failed");
            Remove(machine);
            return Task.CompletedTask;
        });
    }

    private string Clone(ServerRequest request)
    {
        var source = Require(request);
        CheckLock(source);
        var full = !source.Template || request.Flag("full");
        if (!request.Flag("full") && !source.Template) throw new ServerRefusal(500, "Linked clone feature is not supported: only templates have base images");
        var vmid = int.Parse(request["newid"], CultureInfo.InvariantCulture);
        var copy = Add(vmid, source.Node);
        (copy.Config["lock"], copy.Config["name"]) = ("clone", request["name"]);
        return Begin(source.Node, "qmclone", request["vmid"], copy, task =>
        {
            task.Say("create full clone of drive scsi0");
            task.Say("transferred 0.5 GiB of 1.0 GiB (50.00%)");
            copy.Config = new(source.Config.Where(c => c.Key is not ("lock" or "template")), StringComparer.Ordinal);
            copy.Config["name"] = request["name"];
            foreach (var (name, drive) in source.Config.Where(c => c.Value.Contains($":vm-{source.Vmid}-", StringComparison.Ordinal)).ToList())
            {
                var volume = $"local-lvm:vm-{vmid}-disk-{name}";
                Volumes[volume] = Volumes.GetValueOrDefault(drive.Split(',')[0]);
                copy.Config[name] = $"{volume},{(full ? "" : "base=1,")}{drive[(drive.IndexOf(',', StringComparison.Ordinal) + 1)..]}";
            }

            source.Guest.SaveTo(Path.Combine(copy.Folder, "guest"));
            copy.Guest.Halt();
            return Task.CompletedTask;
        }, () => Remove(copy));
    }

    private string Migrate(ServerRequest request)
    {
        var machine = Require(request);
        var target = request["target"];
        CheckLock(machine);
        if (target == machine.Node) throw new ServerRefusal(500, "target is local node.");
        if (Away.Contains(target) || !NodeNames.Contains(target)) throw new ServerRefusal(500, $"target node '{target}' is not online");
        if (machine.Running && !request.Flag("online")) throw new ServerRefusal(500, "can't migrate running VM without --online");
        if (machine.Managed) return Begin(machine.Node, "hamigrate", request["vmid"], null, _ => Later(() => machine.Node = target));
        machine.Config["lock"] = "migrate";
        return Begin(machine.Node, "qmigrate", request["vmid"], machine, async task =>
        {
            try
            {
                task.Say("migration active, transferred 100.0 MiB of 200.0 MiB VM-state (50.00%)");
                await MidMigration(task);
                machine.Node = target;
                task.Say("migration finished successfully (duration 00:00:01)");
            }
            finally
            {
                machine.Config.TryRemove("lock", out _);
            }
        });
    }

    /// <summary>What happens while a machine is on its way.</summary>
    internal Func<ServerTask, Task> MidMigration { get; set; } = _ => Task.CompletedTask;
}
