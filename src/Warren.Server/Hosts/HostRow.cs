using Warren.Server.Database;

namespace Warren.Server.Hosts;

/// <summary>A host and what its last probe found.</summary>
internal sealed class HostRow : IVersioned
{
    public required string Name { get; set; }
    public required string Hypervisor { get; set; }

    /// <summary>A <see cref="Hypervisors.HostProbe"/>.</summary>
    public string? ProbeJson { get; set; }

    public DateTimeOffset? ProbedAt { get; set; }

    /// <summary>Names of machines there that are not ours.</summary>
    public string? ForeignJson { get; set; }

    public int Version { get; set; }
}
