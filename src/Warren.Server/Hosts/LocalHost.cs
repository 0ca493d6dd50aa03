using Warren.Hypervisors;

namespace Warren.Server.Hosts;

/// <summary>The server's own machine as a host, from the configuration.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Driver">Its driver.</param>
/// <param name="Settings">Its settings: the section of the configuration that bears its kind's name.</param>
internal sealed record LocalHost(HypervisorKind Kind, IHypervisor Driver, IReadOnlyDictionary<string, string> Settings);
