using System.Globalization;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>A task that the server gave out: it runs by itself, is asked after and may be stopped.</summary>
internal sealed class ServerTask : IDisposable
{
    private static int s_count;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<string> _log = [];
    private string? _exit;

    internal ServerTask(string node, string type, string id, string user)
    {
        (Node, Type, Id, User) = (node, type, id, user);
        Upid = string.Create(CultureInfo.InvariantCulture, $"UPID:{node}:{Interlocked.Increment(ref s_count):X8}:0001E240:{Started:X8}:{type}:{id}:{user}:");
    }

    internal string Upid { get; }

    internal string Node { get; }

    internal string Type { get; }

    internal string Id { get; }

    internal string User { get; }

    internal CancellationToken Stopped => _stop.Token;

    internal bool WasStopped { get; private set; }

    /// <summary>How often it was asked after.</summary>
    internal int Asked { get; private set; }

    internal string? Exit
    {
        get
        {
            lock (_lock) return _exit;
        }
    }

    private long Started { get; } = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public void Dispose() => _stop.Dispose();

    internal void Say(string line)
    {
        lock (_lock) _log.Add(line);
    }

    internal void End(string exit)
    {
        lock (_lock)
        {
            _log.Add(exit == "OK" ? "TASK OK" : "TASK ERROR: " + exit);
            _exit = exit;
        }
    }

    internal void Stop()
    {
        WasStopped = true;
        _stop.Cancel();
    }

    internal JsonObject Status()
    {
        lock (_lock)
        {
            Asked++;
            var status = Entry();
            status["status"] = _exit is null ? "running" : "stopped";
            if (_exit is not null) status["exitstatus"] = _exit;
            return status;
        }
    }

    internal JsonObject Entry() => new()
    {
        ["upid"] = Upid, ["node"] = Node, ["type"] = Type, ["id"] = Id, ["user"] = User, ["starttime"] = Started, ["pid"] = 1, ["pstart"] = 1,
    };

    internal JsonArray Log(int start, int limit)
    {
        lock (_lock)
        {
            if (_log.Count == 0) return [new JsonObject { ["n"] = 1, ["t"] = "no content" }];
            return [.. _log.Skip(start).Take(limit).Select((t, i) => (JsonNode)new JsonObject { ["n"] = start + i + 1, ["t"] = t })];
        }
    }
}
