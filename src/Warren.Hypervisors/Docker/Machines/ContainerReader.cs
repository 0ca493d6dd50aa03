using System.Globalization;
using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>Reads the engine's description of a container (GET /containers/{id}/json).</summary>
internal static class ContainerReader
{
    internal static MachineContainer Read(JsonNode body)
    {
        try
        {
            var state = body["State"]!;
            return new MachineContainer
            {
                NativeId = (string)body["Id"]!,
                Status = (string)state["Status"]!,
                ProcessId = (int?)state["Pid"] ?? 0,
                ExitCode = (int?)state["ExitCode"] ?? 0,
                OutOfMemory = (bool?)state["OOMKilled"] ?? false,
                Error = (string?)state["Error"] ?? "",
                StartedAt = (string?)state["StartedAt"] ?? "",
                Labels = body["Config"]?["Labels"] as JsonObject ?? [],
                RestartPolicy = (string?)body["HostConfig"]?["RestartPolicy"]?["Name"] is { Length: > 0 } policy ? policy : "no",
                Ports = ReadPorts(body["NetworkSettings"]?["Ports"] as JsonObject),
                Addresses = ReadAddresses(body["NetworkSettings"]?["Networks"] as JsonObject),
            };
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new HypervisorException(HypervisorErrorKind.Unreachable, "the engine's description of a container cannot be read", e);
        }
    }

    private static Dictionary<string, (string Address, int Port)> ReadPorts(JsonObject? ports)
    {
        var read = new Dictionary<string, (string Address, int Port)>(StringComparer.Ordinal);
        foreach (var (name, bindings) in ports ?? [])
        {
            foreach (var binding in bindings as JsonArray ?? [])
            {
                if (int.TryParse((string?)binding?["HostPort"], CultureInfo.InvariantCulture, out var port) && port > 0)
                    read.TryAdd(name, ((string?)binding!["HostIp"] ?? "", port));
            }
        }

        return read;
    }

    private static string[] ReadAddresses(JsonObject? networks)
    {
        var all = (networks ?? []).Select(n => n.Value).OfType<JsonObject>().ToArray();
        return [.. all.Select(n => (string?)n["IPAddress"]).Concat(all.Select(n => (string?)n["GlobalIPv6Address"])).Where(a => !string.IsNullOrEmpty(a)).Select(a => a!).Distinct()];
    }
}
