using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>The cluster: two nodes, storages, machines and their tasks.</summary>
internal sealed partial class FakeProxmox
{
    internal static readonly string[] NodeNames = ["pve1", "pve2"];

    private readonly Lock _lock = new();
    private readonly Dictionary<int, ServerMachine> _machines = [];
    private readonly List<ServerTask> _tasks = [];
    private readonly ConcurrentDictionary<Task, byte> _working = new();
    private readonly ConcurrentDictionary<string, string> _screens = new(StringComparer.Ordinal);

    /// <summary>Volumes by name, with their size in bytes.</summary>
    internal ConcurrentDictionary<string, long> Volumes { get; } = new(StringComparer.Ordinal);

    /// <summary>Exit of the next tasks of a type that are to fail.</summary>
    internal ConcurrentDictionary<string, string> Failing { get; } = new(StringComparer.Ordinal);

    /// <summary>Types of tasks that do not end by themselves.</summary>
    internal ConcurrentDictionary<string, byte> Hanging { get; } = new(StringComparer.Ordinal);

    /// <summary>Content types of the storage local.</summary>
    internal string LocalContent { get; set; } = "iso,import,vztmpl,backup";

    /// <summary>Told of each task before its work.</summary>
    internal Func<ServerTask, Task> Meanwhile { get; set; } = _ => Task.CompletedTask;

    internal IReadOnlyList<ServerMachine> Machines
    {
        get
        {
            lock (_lock) return [.. _machines.Values];
        }
    }

    internal IReadOnlyList<ServerTask> Tasks
    {
        get
        {
            lock (_lock) return [.. _tasks];
        }
    }

    /// <summary>A machine that somebody made by hand.</summary>
    internal ServerMachine Put(int vmid, string node, params (string Key, string Value)[] config)
    {
        var machine = NewMachine(vmid, node);
        foreach (var (key, value) in config) machine.Config[key] = value;
        lock (_lock) _machines.Add(vmid, machine);
        return machine;
    }

    private ServerMachine NewMachine(int vmid, string node) => new(vmid, node, Path.Combine(Folder, vmid.ToString(CultureInfo.InvariantCulture)));

    internal void Remove(ServerMachine machine)
    {
        machine.Run.Cancel();
        lock (_lock) _machines.Remove(machine.Vmid);
        foreach (var volume in Volumes.Keys.Where(v => v.Contains($":vm-{machine.Vmid}-", StringComparison.Ordinal))) Volumes.TryRemove(volume, out _);
        if (Directory.Exists(machine.Folder)) Directory.Delete(machine.Folder, recursive: true);
    }

    /// <summary>Begins a task; its work is done by itself, one at a time for each machine.</summary>
    internal string Begin(string node, string type, string id, ServerMachine? machine, Func<ServerTask, Task> work, Action? undo = null)
    {
        var task = new ServerTask(node, type, id, User);
        lock (_lock) _tasks.Add(task);
        var running = Task.Run(() => RunAsync(task, machine, work, undo));
        _working[running] = 0;
        return task.Upid;
    }

    private async Task RunAsync(ServerTask task, ServerMachine? machine, Func<ServerTask, Task> work, Action? undo)
    {
        var held = false;
        try
        {
            await Meanwhile(task);
            if (machine is not null && !(held = await machine.Gate.WaitAsync(TimeSpan.FromSeconds(2), task.Stopped)))
                throw new ServerRefusal(500, $"can't lock file '/var/lock/qemu-server/lock-{machine.Vmid}.conf' - got timeout");
            if (Hanging.ContainsKey(task.Type)) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, task.Stopped);
            if (Failing.TryRemove(task.Type, out var exit)) throw new ServerRefusal(500, exit);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, task.Stopped);
            await work(task);
            task.End("OK");
        }
        catch (ServerRefusal refusal)
        {
            undo?.Invoke();
            task.End(refusal.Message);
        }
        catch (OperationCanceledException)
        {
            undo?.Invoke();
            task.End("interrupted by signal");
        }
        catch (Exception fault)
        {
            undo?.Invoke();
            task.End("the imitation failed: " + fault);
        }
        finally
        {
            if (held) machine!.Gate.Release();
        }
    }

    private ServerMachine Require(ServerRequest request)
    {
        var vmid = int.Parse(request["vmid"], CultureInfo.InvariantCulture);
        lock (_lock)
        {
            if (_machines.TryGetValue(vmid, out var machine) && machine.Node == request["node"]) return machine;
        }

        throw new ServerRefusal(500, $"Configuration file 'nodes/{request["node"]}/qemu-server/{vmid}.conf' does not exist");
    }

    private ServerTask RequireTask(ServerRequest request) => Tasks.FirstOrDefault(t => t.Upid == request["upid"]) ?? throw new ServerRefusal(500, $"no such task '{request["upid"]}'");

    private int NextId()
    {
        lock (_lock) return Enumerable.Range(100, 100_000).First(i => !_machines.ContainsKey(i));
    }

    private static void CheckLock(ServerMachine machine, string? except = null)
    {
        if (machine.Config.TryGetValue("lock", out var held) && held != except) throw new ServerRefusal(500, $"VM is locked ({held})");
    }

    private JsonArray ListVolumes(ServerRequest request)
    {
        if (request["storage"] != "local" && request["storage"] != "local-lvm") throw new ServerRefusal(500, $"storage '{request["storage"]}' does not exist");
        return [.. Volumes.Where(v => v.Key.StartsWith(request["storage"] + ":" + (request.Maybe("content") is { } content ? content + "/" : ""), StringComparison.Ordinal))
            .Select(v => (JsonNode)new JsonObject { ["volid"] = v.Key, ["size"] = v.Value, ["content"] = request.Maybe("content") ?? "images" })];
    }

    private string Upload(ServerRequest request)
    {
        var (content, name) = (request["content"], request["filename"]);
        if (!LocalContent.Split(',').Contains(content)) throw new ServerRefusal(500, $"storage 'local' does not support '{content}' content");
        if (content == "iso" && !name.EndsWith(".iso", StringComparison.Ordinal) && !name.EndsWith(".img", StringComparison.Ordinal)) throw new ServerRefusal(400, "wrong file extension");
        if (content == "import" && !name.EndsWith(".qcow2", StringComparison.Ordinal) && !name.EndsWith(".raw", StringComparison.Ordinal)) throw new ServerRefusal(400, "wrong file extension");
        return Begin(request["node"], "imgcopy", "", null, async task =>
        {
            var bytes = await File.ReadAllBytesAsync(request.FileName!, task.Stopped);
            File.Delete(request.FileName!);
            if (request.Maybe("checksum") is { } sum && Convert.ToHexStringLower(SHA256.HashData(bytes)) != sum) throw new ServerRefusal(500, "checksum mismatch");
            Volumes[$"local:{content}/{name}"] = bytes.Length;
        });
    }

    private JsonArray ListTasks(ServerRequest request) =>
        [.. Tasks.Where(t => t.Node == request["node"] && (request.Maybe("vmid") is null || t.Id == request["vmid"])).Select(t =>
        {
            var entry = t.Entry();
            if (t.Exit is { } exit) (entry["status"], entry["endtime"]) = (exit, 1_700_000_000);
            return (JsonNode)entry;
        })];
}
