using Warren.Contracts;

namespace Warren.Server.Machines.Placing;

/// <summary>What a machine needs of its host.</summary>
/// <param name="Spec">Its resources and devices.</param>
/// <param name="Format">Format of what it boots from; null while the image is still to be had, which is then a disk.</param>
/// <param name="Starts">It is started at once, so its memory must be there.</param>
internal sealed record PlacementWish(MachineSpec Spec, string? Format, bool Starts)
{
    /// <summary>The host asked for, or null.</summary>
    public string? Host { get; init; }

    /// <summary>Labels that the host must have.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Capabilities that it must have.</summary>
    public IReadOnlyList<string> Requires { get; init; } = [];

    /// <summary>Its network will be limited, by what is configured for everybody but administrators.</summary>
    public bool IsLimited { get; init; }

    public static PlacementWish Of(LaunchRequest request, MachineSpec spec, string? format)
        => new(spec, format, request.Start) { Host = request.Host, Labels = request.HostLabels, Requires = [.. request.Requires.Union(Lifetimes.Needs(request).Select(n => n.Capability))] };
}
