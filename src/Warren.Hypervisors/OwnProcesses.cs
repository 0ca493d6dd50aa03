namespace Warren.Hypervisors;

/// <summary>
/// A driver whose machines are processes of this very host, and that sees without asking anybody whether one is there. No facet
/// and not guarded: it takes microseconds and cannot hang.
/// </summary>
public interface IOwnProcesses
{
    /// <summary>Whether a machine that should run has no process, or is not there at all. False when that cannot be told.</summary>
    bool HasEnded(string machineId);
}
