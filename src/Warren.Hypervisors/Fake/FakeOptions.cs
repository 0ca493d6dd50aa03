namespace Warren.Hypervisors.Fake;

/// <summary>How the imitation behaves; for tests and demonstrations.</summary>
public sealed record FakeOptions
{
    /// <summary>Folder where machines are kept, so that a restarted server finds them; null keeps them in memory.</summary>
    public string? Folder { get; init; }

    /// <summary>
    /// How long a call takes by the clock, by name of the call: <c>Probe Create Start Stop Kill Delete Observe List</c>,
    /// <c>OpenScreen OpenSerial OpenSerialLog OpenPort</c>, <c>Ping Exec ReadFile WriteFile</c>, <c>Pause Resume Suspend Resize</c>,
    /// <c>ListAddresses</c>, <c>GetAutostart SetAutostart ListDueAutostart</c>, <c>LookActivity LookMemory</c>, <c>ListSnapshots CreateSnapshot RestoreSnapshot DeleteSnapshot</c>,
    /// <c>Clone Migrate Adopt Watch</c>, <c>Freeze Fork Renew ListWarmImages DeleteWarmImage</c>, <c>ListNetworks CreateNetwork DeleteNetwork</c>, <c>ListStorage CreateStorage DeleteStorage</c>.
    /// </summary>
    public IReadOnlyDictionary<string, TimeSpan> Delays { get; init; } = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);

    /// <summary>How long a guest takes to shut down after it was asked.</summary>
    public TimeSpan ShutdownTakes { get; init; }

    /// <summary>How long after a start the agent answers.</summary>
    public TimeSpan AgentAfter { get; init; }

    /// <summary>What the host claims to have.</summary>
    public HostCapacity Capacity { get; init; } = new(64 * 1024, 16, 1000);
}
