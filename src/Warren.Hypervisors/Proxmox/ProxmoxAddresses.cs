using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;

namespace Warren.Hypervisors.Proxmox;

/// <summary>Addresses as the agent in the guest tells them; none while it is silent.</summary>
internal sealed class ProxmoxAddresses(ProxmoxClient client, MachineFinder finder) : IAddresses
{
    private const int Most = 64;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var (machine, status) = await finder.RequireStatusAsync(machineId, cancellation);
        if (PowerWords.Read(status) != ObservedPower.On) return [];
        try
        {
            return Read(await client.GetAsync(machine.Path("agent", "network-get-interfaces"), cancellation));
        }
        catch (HypervisorException e) when (e.Kind is HypervisorErrorKind.Unreachable or HypervisorErrorKind.NotFound && ProxmoxGuest.IsSilence(e))
        {
            return [];
        }
    }

    /// <summary>The addresses in an answer of the guest, which may say what it likes.</summary>
    internal static IReadOnlyList<string> Read(JsonNode? answer)
    {
        if ((answer as JsonObject)?["result"] is not JsonArray interfaces) return [];
        var found = interfaces.OfType<JsonObject>().SelectMany(i => (i["ip-addresses"] as JsonArray ?? []).OfType<JsonObject>())
            .Select(a => IPAddress.TryParse(Fields.Text(a, "ip-address"), out var address) ? address : null).OfType<IPAddress>()
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal && !a.IsIPv6Multicast && !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any)
                && !(a.AddressFamily == AddressFamily.InterNetwork && a.GetAddressBytes() is [169, 254, ..]));
        return [.. found.OrderBy(a => a.AddressFamily == AddressFamily.InterNetworkV6).Select(a => a.ToString()).Distinct(StringComparer.Ordinal).Take(Most)];
    }
}
