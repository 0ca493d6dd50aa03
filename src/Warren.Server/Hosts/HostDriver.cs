using Warren.Hypervisors;
using Warren.Hypervisors.Guard;

namespace Warren.Server.Hosts;

/// <summary>A host's driver, with the guard around it.</summary>
internal sealed class HostDriver(string host, string connection, HypervisorKind kind, IHypervisor inner, HostGuard guard)
{
    public string Host => host;

    /// <summary>The <see cref="HostRow.Connection"/> it was made for.</summary>
    public string Connection => connection;

    public HypervisorKind Kind => kind;

    /// <summary>The driver itself: only for what asks nothing of the host.</summary>
    public IHypervisor Inner => inner;

    public HostGuard Guard => guard;

    /// <summary>The driver behind its guard, for every call.</summary>
    public IHypervisor Driver => guard.Driver;

    /// <summary>When the row was last looked at (a timestamp of the clock); 0: it is to be looked at now.</summary>
    public long CheckedAt { get; set; }
}
