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
            metaData.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n",
            machine.UserData ?? "#cloud-config\n{}\n",
            "#cloud-config\n" + vendorData.ToJsonString() + "\n");
    }
}
