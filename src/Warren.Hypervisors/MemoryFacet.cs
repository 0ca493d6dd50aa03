namespace Warren.Hypervisors;

/// <summary>What a host's memory is really taken by, sharing counted.</summary>
public interface IMemoryUse
{
    /// <summary>Looks at the host and at several of its machines at once. What does not run, or is not there, is left out.</summary>
    /// <param name="machineIds">Our ids.</param>
    /// <param name="cancellation">Stops it.</param>
    Task<HostMemory> LookAsync(IReadOnlyCollection<string> machineIds, CancellationToken cancellation);
}

/// <summary>A host's memory at one moment.</summary>
/// <param name="AvailableMiB">What can be had without swapping, in MiB: free, and kept for what can be read again.</param>
/// <param name="Machines">What machines take, by id.</param>
public sealed record HostMemory(long AvailableMiB, IReadOnlyDictionary<string, MachineMemory> Machines);

/// <summary>Memory that one running machine takes, what runs it included.</summary>
/// <param name="ProportionalMiB">All of it in MiB, where what it shares with others counts by its share (PSS): these add up.</param>
/// <param name="PrivateMiB">
/// What it alone has written, in MiB: what is free again when it goes. What it has only read of a file gives way to others anyway.
/// </param>
public sealed record MachineMemory(long ProportionalMiB, long PrivateMiB);
