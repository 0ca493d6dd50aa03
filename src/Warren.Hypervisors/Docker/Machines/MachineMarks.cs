using System.Text.Json.Nodes;

namespace Warren.Hypervisors.Docker.Machines;

/// <summary>
/// The labels and names that make a container, volume or image ours. What does not carry both the machine's and this
/// host's label is somebody else's: listed, and never touched.
/// </summary>
internal sealed class MachineMarks(string host)
{
    /// <summary>The machine's id.</summary>
    internal const string Machine = "dev.warren.machine";

    /// <summary>The name of the host that made it.</summary>
    internal const string Host = "dev.warren.host";

    /// <summary>A container that only lives for one piece of work.</summary>
    internal const string Helper = "dev.warren.helper";

    /// <summary>Digest of everything the container was made from.</summary>
    internal const string Spec = "dev.warren.spec";

    /// <summary>What the machine's storage stands on: <see cref="BootSource"/> as JSON.</summary>
    internal const string Boot = "dev.warren.boot";

    /// <summary>Size of the system disk in GiB.</summary>
    internal const string DiskGiB = "dev.warren.disk-gib";

    /// <summary>Digest of the cloud-init seed, when there is one.</summary>
    internal const string Seed = "dev.warren.seed";

    /// <summary>An image file of the store, by its content, uploaded to an engine elsewhere.</summary>
    internal const string Image = "dev.warren.image";

    /// <summary>Name of a machine's container and of the volume with its storage.</summary>
    internal static string Name(string id) => "warren-" + id;

    /// <summary>Name of a container that is to take the place of another.</summary>
    internal static string NextName(string id) => "warren-" + id + ".next";

    internal JsonObject Labels(string id) => new() { [Machine] = id, [Host] = host };

    internal JsonObject HelperLabels() => new() { [Helper] = "1", [Host] = host };

    internal string[] Filter => [$"{Host}={host}"];

    /// <summary>The id of the machine that labels tell of, when they are ours.</summary>
    internal string? MachineOf(JsonNode? labels) => IsOurs(labels) && Text(labels, Machine) is { } id && DefinitionRules.IsId(id) ? id : null;

    internal bool IsOurs(JsonNode? labels) => Text(labels, Host) == host;

    internal static string? Text(JsonNode? node, string name) =>
        node is JsonObject o && o.TryGetPropertyValue(name, out var found) && found is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

/// <summary>What a machine's storage stands on; a clone stands on what its source stands on.</summary>
/// <param name="Format">As in <see cref="BootMedium.Format"/>.</param>
/// <param name="Image">The container image that runs it.</param>
/// <param name="Path">Path of the boot medium on the engine's host, or null.</param>
/// <param name="Volume">Volume of ours that holds the boot medium as the file <c>disk</c>, or null.</param>
internal sealed record BootSource(string Format, string Image, string? Path, string? Volume);
