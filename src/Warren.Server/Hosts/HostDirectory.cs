using Warren.Hypervisors;
using Warren.Server.Operations;

namespace Warren.Server.Hosts;

/// <summary>From a host's name to its driver.</summary>
internal sealed class HostDirectory(IHypervisor local)
{
    /// <summary>The server's own machine.</summary>
    public const string Local = "local";

    /// <summary>The driver of a host.</summary>
    /// <exception cref="RefusedException">There is no such host.</exception>
    public IHypervisor this[string host] => host == Local ? local
        : throw new RefusedException(Problems.Validation("host", $"there is no host '{host}'; known: {Local}"));
}
