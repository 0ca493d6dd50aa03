using System.Globalization;
using System.Text.Json.Nodes;
using Warren.Hypervisors.Proxmox.Api;

namespace Warren.Hypervisors.Proxmox.Machines;

/// <summary>The answer of <c>/version</c>.</summary>
internal static class ServerVersion
{
    /// <summary>The version as text.</summary>
    /// <exception cref="HypervisorException">Unreachable when there is none.</exception>
    internal static string Text(JsonNode? answer) => Fields.Text(answer, "version") ?? throw Fields.Bad("version");

    /// <summary>Its first number; 0 when it is none.</summary>
    internal static int Major(JsonNode? answer) =>
        int.TryParse(Text(answer).Split('.', '-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
}
