using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>Power and snapshots.</summary>
internal sealed partial class FakeProxmox
{
    private string Start(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine, "suspended");
        if (machine.Managed) return Begin(machine.Node, "hastart", request["vmid"], null, _ => Later(() => PowerOn(machine)));
        return Begin(machine.Node, "qmstart", request["vmid"], machine, _ =>
        {
            if (machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} already running");
            PowerOn(machine);
            return Task.CompletedTask;
        });
    }

    private void PowerOn(ServerMachine machine)
    {
        var suspended = machine.Config.GetValueOrDefault("lock") == "suspended";
        machine.PowerOn(fresh: !suspended);
        if (!suspended) return;
        machine.Config.TryRemove("lock", out _);
        machine.Config.TryRemove("vmstate", out _);
        Volumes.TryRemove($"local-lvm:vm-{machine.Vmid}-state-suspend", out _);
    }

    /// <summary>What the cluster's manager does some time after it was asked.</summary>
    private Task Later(Action act)
    {
        var later = Task.Run(async () =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            act();
        });
        _working[later] = 0;
        return Task.CompletedTask;
    }

    private string Stop(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine, "suspended");
        if (machine.Managed) return Begin(machine.Node, "hastop", request["vmid"], null, _ => Later(() => machine.PowerOff(keepMemory: false)));
        return Begin(machine.Node, "qmstop", request["vmid"], machine, _ =>
        {
            if (machine.Running) machine.PowerOff(keepMemory: false);
            return Task.CompletedTask;
        });
    }

    /// <summary>Holds the machine's lock until the guest has gone down, as the real one does.</summary>
    private string Shutdown(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        if (machine.Paused) throw new ServerRefusal(500, "VM is paused - cannot shutdown");
        return Begin(machine.Node, machine.Managed ? "hastop" : "qmshutdown", request["vmid"], machine, async task =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, task.Stopped);
            if (machine.Running) machine.PowerOff(keepMemory: false);
        });
    }

    private string Suspend(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        if (!machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} not running");
        if (!request.Flag("todisk"))
        {
            return Begin(machine.Node, "qmpause", request["vmid"], machine, _ =>
            {
                machine.Paused = machine.Running ? true : throw new ServerRefusal(500, $"VM {machine.Vmid} not running");
                return Task.CompletedTask;
            });
        }

        return Begin(machine.Node, "qmsuspend", request["vmid"], machine, async task =>
        {
            machine.Config["lock"] = "suspending";
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, task.Stopped);
            }
            catch (OperationCanceledException)
            {
                machine.Config.TryRemove("lock", out _);
                throw;
            }

            machine.PowerOff(keepMemory: true);
            machine.Config["vmstate"] = $"local-lvm:vm-{machine.Vmid}-state-suspend";
            Volumes[machine.Config["vmstate"]] = 1 << 20;
            machine.Config["lock"] = "suspended";
        });
    }

    private string Resume(ServerRequest request)
    {
        var machine = Require(request);
        return Begin(machine.Node, "qmresume", request["vmid"], machine, _ =>
        {
            if (!machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} not running");
            machine.Paused = false;
            return Task.CompletedTask;
        });
    }

    private static JsonArray ListSnapshots(ServerMachine machine)
    {
        static JsonObject Entry(string name, string? parent)
        {
            var entry = new JsonObject { ["name"] = name, ["description"] = "" };
            if (parent is not null) entry["parent"] = parent;
            return entry;
        }

        var result = new JsonArray();
        // In no order, as from a Perl hash.
        foreach (var snapshot in machine.Snapshots.AsEnumerable().Reverse())
        {
            var entry = Entry(snapshot.Name, snapshot.Parent);
            entry["snaptime"] = snapshot.Time;
            if (snapshot.Memory) entry["vmstate"] = 1;
            result.Add(entry);
        }

        result.Add(Entry("current", machine.Parent));
        return result;
    }

    private string TakeSnapshot(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        if (machine.Snapshots.Any(s => s.Name == request["snapname"])) throw new ServerRefusal(500, $"snapshot name '{request["snapname"]}' already used");
        return Begin(machine.Node, "qmsnapshot", request["vmid"], machine, _ =>
        {
            var folder = Path.Combine(machine.Folder, request["snapname"]);
            var memory = request.Flag("vmstate") && machine.Running;
            machine.Guest.SaveTo(folder);
            machine.Snapshots = machine.Snapshots.Add(new ServerSnapshot(request["snapname"], machine.Parent, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), memory, machine.Config.ToImmutableDictionary(), folder));
            machine.Parent = request["snapname"];
            return Task.CompletedTask;
        });
    }

    private string Rollback(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        var snapshot = machine.Snapshots.FirstOrDefault(s => s.Name == request["snapname"]) ?? throw new ServerRefusal(500, $"snapshot '{request["snapname"]}' does not exist");
        return Begin(machine.Node, "qmrollback", request["vmid"], machine, _ =>
        {
            if (machine.Running) machine.PowerOff(keepMemory: false);
            machine.Guest.LoadFrom(snapshot.Folder, snapshot.Memory);
            machine.Config = new(snapshot.Config, StringComparer.Ordinal);
            machine.Parent = snapshot.Name;
            if (snapshot.Memory) machine.PowerOn(fresh: false);
            return Task.CompletedTask;
        });
    }

    private string DeleteSnapshot(ServerRequest request)
    {
        var machine = Require(request);
        CheckLock(machine);
        var snapshot = machine.Snapshots.FirstOrDefault(s => s.Name == request["snapname"]) ?? throw new ServerRefusal(500, $"snapshot '{request["snapname"]}' does not exist");
        return Begin(machine.Node, "qmdelsnapshot", request["vmid"], machine, _ =>
        {
            foreach (var child in machine.Snapshots.Where(s => s.Parent == snapshot.Name)) child.Parent = snapshot.Parent;
            if (machine.Parent == snapshot.Name) machine.Parent = snapshot.Parent;
            machine.Snapshots = machine.Snapshots.Remove(snapshot);
            Directory.Delete(snapshot.Folder, recursive: true);
            return Task.CompletedTask;
        });
    }
}
