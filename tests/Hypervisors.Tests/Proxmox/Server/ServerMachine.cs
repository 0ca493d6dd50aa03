using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>A machine of the imitated server: what is in its configuration, how it stands, and its guest's files.</summary>
internal sealed class ServerMachine(int vmid, string node, string folder)
{
    private static int s_pid = 1000;

    internal int Vmid { get; } = vmid;

    internal string Node { get; set; } = node;

    /// <summary>Read by requests while tasks change it.</summary>
    internal ConcurrentDictionary<string, string> Config { get; set; } = new(StringComparer.Ordinal);

    internal bool Template { get; set; }

    internal bool Managed { get; set; }

    internal bool Running { get; private set; }

    internal bool Paused { get; set; }

    internal int Pid { get; private set; }

    internal int Runs { get; private set; }

    internal ImmutableList<ServerSnapshot> Snapshots { get; set; } = [];

    internal string? Parent { get; set; }

    internal ServerGuest Guest { get; } = new(Path.Combine(folder, "guest"));

    internal string Folder { get; } = folder;

    /// <summary>One change at a time, as by the lock of its configuration file.</summary>
    internal SemaphoreSlim Gate { get; } = new(1);

    internal CancellationTokenSource Run { get; private set; } = new();

    internal void PowerOn(bool fresh)
    {
        if (fresh) Guest.Boot();
        (Running, Paused, Pid) = (true, false, Interlocked.Increment(ref s_pid));
        Runs++;
        Run = new CancellationTokenSource();
    }

    internal void PowerOff(bool keepMemory)
    {
        (Running, Paused) = (false, false);
        if (!keepMemory) Guest.Halt();
        Run.Cancel();
    }

    internal JsonObject Status()
    {
        var status = new JsonObject
        {
            ["vmid"] = Vmid, ["name"] = Config.GetValueOrDefault("name", $"VM {Vmid}"), ["status"] = Running ? "running" : "stopped",
            ["qmpstatus"] = !Running ? "stopped" : Paused ? "paused" : "running", ["cpus"] = 1, ["maxmem"] = 1 << 28, ["ha"] = new JsonObject { ["managed"] = Managed ? 1 : 0 },
        };
        if (Config.TryGetValue("tags", out var tags)) status["tags"] = tags;
        if (Config.TryGetValue("lock", out var held)) status["lock"] = held;
        if (!Running) return status;
        status["pid"] = Pid;
        status["blockstat"] = new JsonObject { ["scsi0"] = new JsonObject { ["rd_operations"] = 12, ["wr_operations"] = 0 } };
        return status;
    }

    /// <summary>As the cluster lists it: whether it runs is told late, here never.</summary>
    internal JsonObject Resource()
    {
        var entry = new JsonObject { ["id"] = $"qemu/{Vmid}", ["type"] = "qemu", ["vmid"] = Vmid, ["node"] = Node, ["status"] = "unknown", ["template"] = Template ? 1 : 0 };
        if (Config.TryGetValue("name", out var name)) entry["name"] = name;
        if (Config.TryGetValue("tags", out var tags)) entry["tags"] = tags;
        return entry;
    }

    internal JsonObject ReadConfig()
    {
        var config = new JsonObject { ["digest"] = "da39a3ee5e6b4b0d3255bfef95601890afd80709" };
        // Numbers come as numbers where Perl knows them as such.
        foreach (var (key, value) in Config)
            config[key] = key is "cores" or "sockets" or "onboot" && int.TryParse(value, out var number) ? number : value;
        return config;
    }
}

/// <summary>A snapshot: configuration, and the guest's files; with memory those of its run too.</summary>
internal sealed record ServerSnapshot(string Name, string? Parent, long Time, bool Memory, ImmutableDictionary<string, string> Config, string Folder)
{
    public string? Parent { get; set; } = Parent;
}
