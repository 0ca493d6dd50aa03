namespace Warren.Hypervisors;

/// <summary>Pause and continue of a running machine.</summary>
public interface IPower
{
    /// <summary>Stops the virtual CPUs; memory stays.</summary>
    Task PauseAsync(string machineId, CancellationToken cancellation);

    /// <summary>Lets the virtual CPUs run again.</summary>
    Task ResumeAsync(string machineId, CancellationToken cancellation);
}

/// <summary>Changes to a stopped machine.</summary>
public interface IResize
{
    /// <summary>Brings memory, CPUs and disk size of the stopped machine to what the definition says. Disks only grow.</summary>
    /// <exception cref="HypervisorException">Rejected when the disk would shrink or the machine runs.</exception>
    Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation);
}

/// <summary>Start of machines with their host.</summary>
public interface IAutostart
{
    /// <summary>Whether the machine starts with its host.</summary>
    Task<bool> GetAsync(string machineId, CancellationToken cancellation);

    /// <summary>Makes it start with its host, or not.</summary>
    Task SetAsync(string machineId, bool on, CancellationToken cancellation);
}

/// <summary>Points in a machine's life that it can return to.</summary>
public interface ISnapshots
{
    /// <summary>All snapshots of a machine, parents before children.</summary>
    Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation);

    /// <summary>Takes one; a snapshot of that id that exists is left alone.</summary>
    /// <param name="machineId">The machine.</param>
    /// <param name="snapshotId">Our id, by the rules of a machine's id.</param>
    /// <param name="memory">With memory: the machine must run.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HypervisorException">Rejected when memory is asked of a machine that is off.</exception>
    Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation);

    /// <summary>Returns to it. With memory the machine runs afterwards, without it is off.</summary>
    /// <exception cref="HypervisorException">NotFound.</exception>
    Task RestoreAsync(string machineId, string snapshotId, CancellationToken cancellation);

    /// <summary>Removes it and keeps its children. One that does not exist is success.</summary>
    Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation);
}

/// <summary>A snapshot as the hypervisor has it.</summary>
/// <param name="Id">Our id.</param>
/// <param name="ParentId">The snapshot it was taken on, or null.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Memory">Whether it holds memory.</param>
public sealed record MachineSnapshot(string Id, string? ParentId, DateTimeOffset CreatedAt, bool Memory);

/// <summary>New machines from the disks of a stopped one.</summary>
public interface IClones
{
    /// <summary>
    /// Makes the machine of the definition, stopped, with a copy of the source's disks: by reflink or overlay where the
    /// host can, else in full. Neither ever sees what the other writes. Calling it again completes what is missing.
    /// </summary>
    /// <exception cref="HypervisorException">NotFound; Rejected when the source runs.</exception>
    Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation);
}

/// <summary>Moves a running machine to another host of the same kind while it runs.</summary>
public interface IMigration
{
    /// <summary>
    /// Moves it. Afterwards the destination has it, running, and this host has nothing of it. Calling it again when it
    /// has moved already is success. When it fails the machine still runs here.
    /// </summary>
    /// <exception cref="HypervisorException">Unsupported when the destination is of another kind or cannot be reached from here; NotFound.</exception>
    Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation);
}
