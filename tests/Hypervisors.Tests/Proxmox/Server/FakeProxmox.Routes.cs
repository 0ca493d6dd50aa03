using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Hypervisors.Tests.Proxmox.Server;

/// <summary>What each route answers.</summary>
internal sealed partial class FakeProxmox
{
    private async Task<JsonNode?> AnswerAsync(ServerRequest request)
    {
        const string Vm = "/nodes/{node}/qemu/{vmid}";
        return request.Route switch
        {
            "POST /access/ticket" => Login(request),
            "GET /version" => new JsonObject { ["version"] = "9.0.3", ["release"] = "9.0", ["repoid"] = "0123abcd" },
            "GET /nodes" => Nodes(),
            "GET /nodes/{node}/status" => new JsonObject { ["cpuinfo"] = new JsonObject { ["hvm"] = "1", ["cpus"] = 8 } },
            "GET /nodes/{node}/network" => new JsonArray(new JsonObject { ["iface"] = "vmbr0", ["type"] = "bridge", ["active"] = 1 }),
            "GET /cluster/nextid" => NextId().ToString(CultureInfo.InvariantCulture),
            "GET /cluster/resources" => new JsonArray([.. Machines.Select(m => (JsonNode)m.Resource())]),
            "GET /nodes/{node}/qemu" => new JsonArray([.. Machines.Where(m => m.Node == request["node"]).Select(m => (JsonNode)Listed(m, request.Flag("full")))]),
            "POST /nodes/{node}/qemu" => Create(request),
            "DELETE " + Vm => Destroy(request),
            "GET " + Vm + "/config" => Require(request).ReadConfig(),
            "POST " + Vm + "/config" => ChangeLater(request),
            "PUT " + Vm + "/config" => ChangeNow(request),
            "PUT " + Vm + "/resize" => Resize(request),
            "GET " + Vm + "/status/current" => Require(request).Status(),
            "POST " + Vm + "/status/start" => Start(request),
            "POST " + Vm + "/status/stop" => Stop(request),
            "POST " + Vm + "/status/shutdown" => Shutdown(request),
            "POST " + Vm + "/status/suspend" => Suspend(request),
            "POST " + Vm + "/status/resume" => Resume(request),
            "GET " + Vm + "/snapshot" => ListSnapshots(Require(request)),
            "POST " + Vm + "/snapshot" => TakeSnapshot(request),
            "DELETE " + Vm + "/snapshot/{snapname}" => DeleteSnapshot(request),
            "POST " + Vm + "/snapshot/{snapname}/rollback" => Rollback(request),
            "POST " + Vm + "/clone" => Clone(request),
            "POST " + Vm + "/migrate" => Migrate(request),
            "POST " + Vm + "/vncproxy" => OpenScreen(request),
            "POST " + Vm + "/agent/ping" => Ping(request),
            "POST " + Vm + "/agent/exec" => new JsonObject { ["pid"] = await Agent(request).Guest.ExecAsync(request.Values["command"], request.Maybe("input-data"), CancellationToken.None) },
            "GET " + Vm + "/agent/exec-status" => Agent(request).Guest.Ended(long.Parse(request["pid"], CultureInfo.InvariantCulture)) ?? throw new ServerRefusal(500, "Agent error: PID does not exist"),
            "GET " + Vm + "/agent/file-read" => ReadFile(request),
            "POST " + Vm + "/agent/file-write" => WriteFile(request),
            "GET " + Vm + "/agent/network-get-interfaces" => Interfaces(request),
            "GET /nodes/{node}/storage/{storage}/status" => StorageStatus(request),
            "GET /nodes/{node}/storage/{storage}/content" => ListVolumes(request),
            "POST /nodes/{node}/storage/{storage}/upload" => Upload(request),
            "DELETE /nodes/{node}/storage/{storage}/content/{volume}" => Begin(request["node"], "imgdel", "", null, _ => Volumes.TryRemove(request["volume"], out var _) ? Task.CompletedTask : throw new ServerRefusal(500, "volume does not exist")),
            "GET /nodes/{node}/tasks" => ListTasks(request),
            "GET /nodes/{node}/tasks/{upid}/status" => RequireTask(request).Status(),
            "GET /nodes/{node}/tasks/{upid}/log" => RequireTask(request).Log(int.Parse(request.Maybe("start") ?? "0", CultureInfo.InvariantCulture), int.Parse(request.Maybe("limit") ?? "50", CultureInfo.InvariantCulture)),
            "DELETE /nodes/{node}/tasks/{upid}" => StopTask(request),
            _ => throw new ServerRefusal(501, $"not imitated: {request.Route}"),
        };
    }

    private JsonArray Nodes() => [.. NodeNames.Select(n => (JsonNode)new JsonObject
    {
        ["node"] = n, ["type"] = "node", ["status"] = Away.Contains(n) ? "offline" : "online", ["maxmem"] = 8L << 30, ["mem"] = 1L << 30, ["maxcpu"] = 8, ["ssl_fingerprint"] = Fingerprint + n,
    })];

    /// <summary>QEMU's own state is told only where it is asked for.</summary>
    private static JsonObject Listed(ServerMachine machine, bool full)
    {
        var status = machine.Status();
        if (!full) status.Remove("qmpstatus");
        return status;
    }

    private JsonObject StorageStatus(ServerRequest request) => request["storage"] switch
    {
        "local" => new JsonObject { ["content"] = LocalContent, ["active"] = 1, ["avail"] = 50L << 30, ["total"] = 100L << 30 },
        "local-lvm" => new JsonObject { ["content"] = "images,rootdir", ["active"] = 1, ["avail"] = 200L << 30, ["total"] = 300L << 30 },
        _ => throw new ServerRefusal(500, $"storage '{request["storage"]}' does not exist"),
    };

    private JsonNode? StopTask(ServerRequest request)
    {
        RequireTask(request).Stop();
        return null;
    }

    private JsonObject OpenScreen(ServerRequest request)
    {
        var machine = Require(request);
        if (!machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} not running");
        var ticket = $"PVEVNC:{RandomNumberGenerator.GetHexString(8)}::x/y+z==";
        var password = request.Flag("generate-password") ? RandomNumberGenerator.GetHexString(8) : ticket;
        _screens[ticket] = password;
        return new JsonObject { ["port"] = "5900", ["ticket"] = ticket, ["password"] = password, ["user"] = User, ["cert"] = "", ["upid"] = $"UPID:{machine.Node}:00000001:00000001:00000001:vncproxy:{machine.Vmid}:{User}:" };
    }

    private ServerMachine Agent(ServerRequest request)
    {
        var machine = Require(request);
        if (!machine.Config.GetValueOrDefault("agent", "0").Split(',').Any(p => p is "1" or "enabled=1")) throw new ServerRefusal(500, "No QEMU guest agent configured");
        if (!machine.Running) throw new ServerRefusal(500, $"VM {machine.Vmid} is not running");
        if (machine.Paused) throw new ServerRefusal(500, "QEMU guest agent is not running");
        return machine;
    }

    private JsonObject Ping(ServerRequest request)
    {
        Agent(request);
        return new JsonObject { ["result"] = new JsonObject() };
    }

    private JsonObject ReadFile(ServerRequest request)
    {
        var bytes = Agent(request).Guest.Read(request["file"])
            ?? throw new ServerRefusal(500, $"Agent error: Guest agent command failed, error was 'failed to open file '{request["file"]}' (mode: 'r'): No such file or directory'");
        return new JsonObject { ["content"] = Encoding.Latin1.GetString(bytes), ["bytes-read"] = bytes.Length };
    }

    private JsonNode? WriteFile(ServerRequest request)
    {
        var machine = Agent(request);
        var content = request["content"];
        var encoded = request.Maybe("encode") is not null && !request.Flag("encode");
        machine.Guest.Write(request["file"], encoded ? Convert.FromBase64String(content) : Encoding.Latin1.GetBytes(content));
        return null;
    }

    private JsonObject Interfaces(ServerRequest request)
    {
        Agent(request);
        static JsonObject Address(string kind, string address) => new() { ["ip-address-type"] = kind, ["ip-address"] = address, ["prefix"] = 24 };
        return new JsonObject
        {
            ["result"] = new JsonArray(
                new JsonObject { ["name"] = "lo", ["ip-addresses"] = new JsonArray(Address("ipv4", "127.0.0.1"), Address("ipv6", "::1")) },
                new JsonObject { ["name"] = "eth0", ["ip-addresses"] = new JsonArray(Address("ipv6", "fe80::1"), Address("ipv6", "2001:db8::10"), Address("ipv4", "192.0.2.10"), Address("ipv4", "169.254.1.1")) },
                new JsonObject { ["name"] = "down0" }),
        };
    }
}
