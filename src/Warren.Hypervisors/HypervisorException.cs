namespace Warren.Hypervisors;

/// <summary>Why a hypervisor could not do what was asked. The worker decides by this, never by message text.</summary>
public enum HypervisorErrorKind
{
    /// <summary>The machine, disk or other thing does not exist there. Not retried.</summary>
    NotFound,

    /// <summary>Something holds it for the moment (a lock, a port, a running task). Retried with backoff.</summary>
    Busy,

    /// <summary>The hypervisor did not answer in time. Retried with backoff.</summary>
    Unreachable,

    /// <summary>This hypervisor or host cannot do it at all. Not retried.</summary>
    Unsupported,

    /// <summary>It understood and refused: bad value, full disk, wrong state. Not retried.</summary>
    Rejected,
}

/// <summary>The one failure that drivers throw.</summary>
public sealed class HypervisorException(HypervisorErrorKind kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What sort of failure it is.</summary>
    public HypervisorErrorKind Kind { get; } = kind;
}
