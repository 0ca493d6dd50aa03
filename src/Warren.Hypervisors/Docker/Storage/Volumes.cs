using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Machines;

namespace Warren.Hypervisors.Docker.Storage;

/// <summary>Named volumes of ours: one with the storage of each machine, and one for each image uploaded to an engine elsewhere.</summary>
internal sealed class Volumes(EngineClient engine, MachineMarks marks)
{
    /// <summary>Makes a machine's volume when it is missing.</summary>
    /// <returns>Whether it was missing.</returns>
    /// <exception cref="HypervisorException">Rejected when the name is taken by a volume that is not ours.</exception>
    internal Task<bool> EnsureForMachineAsync(string id, CancellationToken cancellation) =>
        EnsureAsync(MachineMarks.Name(id), marks.Labels(id), cancellation);

    /// <summary>Makes the volume of an image when it is missing.</summary>
    internal Task<bool> EnsureForImageAsync(string name, string content, CancellationToken cancellation)
    {
        var labels = marks.HelperLabels();
        labels.Remove(MachineMarks.Helper);
        labels[MachineMarks.Image] = content;
        return EnsureAsync(name, labels, cancellation);
    }

    /// <summary>Removes a volume of ours; one that is missing or not ours is left.</summary>
    internal async Task RemoveAsync(string name, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is not { } volume || !marks.IsOurs(volume["Labels"])) return;
        (await engine.DeleteAsync($"/volumes/{name}", cancellation)).Insist("remove storage", 404);
    }

    /// <summary>Removes the volume of an image unless a machine still stands on it.</summary>
    internal async Task RemoveUnusedAsync(string name, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is not { } volume || !marks.IsOurs(volume["Labels"])) return;
        (await engine.DeleteAsync($"/volumes/{name}", cancellation)).Insist("remove image", 404, 409);
    }

    private async Task<bool> EnsureAsync(string name, JsonObject labels, CancellationToken cancellation)
    {
        if (await FindAsync(name, cancellation) is { } there)
        {
            return marks.IsOurs(there["Labels"])
                ? false
                : throw new HypervisorException(HypervisorErrorKind.Rejected, $"the name {name} is taken by a volume that is not ours");
        }

        (await engine.PostAsync("/volumes/create", new JsonObject { ["Name"] = name, ["Driver"] = "local", ["Labels"] = labels }, cancellation)).Insist("storage");
        return true;
    }

    private async Task<JsonObject?> FindAsync(string name, CancellationToken cancellation)
    {
        var answer = await engine.GetAsync($"/volumes/{name}", cancellation);
        return answer.Status == 404 ? null : answer.Require("storage") as JsonObject;
    }
}
