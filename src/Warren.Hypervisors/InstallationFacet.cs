namespace Warren.Hypervisors;

/// <summary>A machine that installs its guest by itself, for which there is nothing to do but to watch and wait.</summary>
public interface IInstallation
{
    /// <summary>Looks how far it is. Costs a few short connections: for a machine that is not ready yet, not for every look.</summary>
    /// <exception cref="HypervisorException">NotFound when there is no such machine.</exception>
    Task<InstallationProgress> LookAsync(string machineId, CancellationToken cancellation);
}

/// <summary>How far a machine is.</summary>
/// <param name="Step">The last thing that the installer said of itself, for people; null when it has said nothing.</param>
/// <param name="RemoteDesktop">
/// The guest's remote desktop answers in its own protocol: a Windows guest has come as far as its login screen.
/// </param>
/// <param name="RemoteDesktopAddress">Where, as <c>address:port</c>; null while it is not published.</param>
public sealed record InstallationProgress(string? Step, bool RemoteDesktop, string? RemoteDesktopAddress);
