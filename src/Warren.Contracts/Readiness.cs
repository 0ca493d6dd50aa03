namespace Warren.Contracts;

/// <summary>Rungs of the readiness ladder, from the bottom.</summary>
public enum ReadinessRung
{
    /// <summary>Not even a process.</summary>
    None,

    /// <summary>The virtual machine's process runs.</summary>
    Process,

    /// <summary>The firmware has begun to read its boot medium.</summary>
    Firmware,

    /// <summary>The agent in the guest answers.</summary>
    Agent,

    /// <summary>The guest's SSH server greets.</summary>
    Ssh,

    /// <summary>The guest's remote desktop answers: how a Windows guest says that its installation is over.</summary>
    RemoteDesktop,

    /// <summary>cloud-init has finished; <see cref="Readiness.CloudInit"/> says how.</summary>
    CloudInit,
}

/// <summary>What is known of cloud-init in the guest.</summary>
public enum CloudInitStatus
{
    /// <summary>Nothing yet.</summary>
    Unknown,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Finished without errors.</summary>
    Done,

    /// <summary>Finished with errors.</summary>
    Error,
}

/// <summary>How far the guest has come since it was last switched on.</summary>
public sealed record Readiness
{
    /// <summary>Highest rung reached.</summary>
    public ReadinessRung Rung { get; init; }

    /// <summary>cloud-init's own verdict.</summary>
    public CloudInitStatus CloudInit { get; init; }

    /// <summary>Every rung reached, with when, in the order in which they were seen.</summary>
    public IReadOnlyList<ReachedRung> Reached { get; init; } = [];

    /// <summary>Errors that cloud-init reported, or what an unattended installation is doing.</summary>
    public string? Detail { get; init; }

    /// <summary>The last lines of the guest's cloud-init log, where it ended with errors and an agent could be asked.</summary>
    public IReadOnlyList<string> Log { get; init; } = [];

    /// <summary>Where the remote desktop answers, as <c>address:port</c>; absent until it does.</summary>
    public string? RemoteDesktop { get; init; }

    /// <summary>Whether a rung has been reached.</summary>
    public bool Has(ReadinessRung rung) => Reached.Any(r => r.Rung == rung);
}

/// <summary>A rung and when it was reached.</summary>
public sealed record ReachedRung(ReadinessRung Rung, DateTimeOffset At);

/// <summary>GET /machines/{machine}/agent: whether the agent in the guest answers now.</summary>
/// <param name="Answers">It does.</param>
/// <param name="Milliseconds">How long its answer took, as the server saw it; absent when there was none.</param>
public sealed record AgentAnswer(bool Answers, double? Milliseconds = null);
