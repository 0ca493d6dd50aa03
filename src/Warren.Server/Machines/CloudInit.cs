using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Warren.Hypervisors;

namespace Warren.Server.Machines;

/// <summary>
/// Writes the NoCloud seed (cloud-init documentation, "NoCloud"). Host name and keys are meta-data, so the user's own
/// user-data stays exactly what they wrote. Meta-data is JSON, which is YAML, so that no value can break out of it.
/// </summary>
internal static class CloudInit
{
    /// <summary>Base64 in keys has '+', which simple readers of YAML in small guests do not unescape.</summary>
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static CloudInitSeed Seed(MachineRow machine)
    {
        // A new generation makes a new instance, and cloud-init runs its per-instance modules (keys among them) again.
        var instance = $"{machine.Id}-{machine.SeedGeneration}";
        var metaData = new JsonObject
        {
            ["instance-id"] = instance,
            ["local-hostname"] = machine.Name,
            ["public-keys"] = new JsonArray([.. machine.PublicKeys.Select(k => (JsonNode)k)]),
        };
        var vendorData = new JsonObject();
        // The guest's identity is its own after its first boot; taking new keys must not change its host keys.
        if (machine.SeedGeneration > 1) vendorData["ssh_deletekeys"] = false;
        return new CloudInitSeed(
            instance,
            metaData.ToJsonString(Readable) + "\n",
            machine.UserData ?? "#cloud-config\n{}\n",
            "#cloud-config\n" + vendorData.ToJsonString() + "\n");
    }
}
