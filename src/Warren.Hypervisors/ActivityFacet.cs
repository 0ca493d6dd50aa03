namespace Warren.Hypervisors;

/// <summary>Signs of use of running machines, for what ends machines that nobody uses.</summary>
public interface IActivity
{
    /// <summary>
    /// Looks at several machines at once, cheaply: sweeps do it again and again. What does not run, or is not there, is left out.
    /// </summary>
    /// <param name="machineIds">Our ids.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>What was seen, by id.</returns>
    Task<IReadOnlyDictionary<string, MachineActivity>> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation);
}

/// <summary>Signs of use of one running machine.</summary>
/// <param name="CpuNanoseconds">
/// CPU time of all its virtual CPUs, and of what runs them, in nanoseconds since it was switched on. It only rises while the machine
/// runs on; a smaller figure than before is another run, or another host.
/// </param>
/// <param name="Connections">
/// TCP connections that are established now through its forwarded ports, but for those of this very process, which looks whether
/// guests are ready; null where the driver cannot tell.
/// </param>
public sealed record MachineActivity(long CpuNanoseconds, int? Connections);
