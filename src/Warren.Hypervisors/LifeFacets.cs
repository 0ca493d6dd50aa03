namespace Warren.Hypervisors;

/// <summary>Pause and continue of a running machine.</summary>
public interface IPower
{
    /// <summary>Stops the virtual CPUs; memory stays.</summary>
    Task PauseAsync(string machineId, CancellationToken cancellation);

    /// <summary>Lets the virtual CPUs run again.</summary>
    Task ResumeAsync(string machineId, CancellationToken cancellation);
}

/// <summary>Suspend to disk: the machine's memory is a file of its own, and nothing of it runs.</summary>
public interface ISuspend
{
    /// <summary>
    /// Writes memory and devices into the machine's own place and ends it. From then on it is
    /// <see cref="ObservedPower.Suspended"/>, to a new driver and after a restart of its host too, until
    /// <see cref="IHypervisor.StartAsync"/> lets it go on from there, also where it was paused, or
    /// <see cref="IHypervisor.StopAsync"/> or <see cref="IHypervisor.KillAsync"/> throws its memory away. What would change
    /// its disks, its memory or its devices meanwhile is Rejected. A machine that is suspended is left alone.
    /// </summary>
    /// <param name="machineId">The machine; it must run or be paused.</param>
    /// <param name="cancellation">Ends the wait; the machine runs on, or is suspended whole.</param>
    /// <exception cref="HypervisorException">
    /// NotFound when the machine does not run; Rejected when its memory cannot be written; Unsupported when its disks are not
    /// kept, or not its own. It runs on.
    /// </exception>
    Task SuspendAsync(string machineId, CancellationToken cancellation);
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

    /// <summary>
    /// Machines that are to start with the host, ran when it went down, and have not been started since. For drivers whose hypervisor
    /// leaves that to us; one that starts them itself has none.
    /// </summary>
    Task<IReadOnlyList<string>> ListDueAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<string>>([]);
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
    /// <param name="machineId">The machine.</param>
    /// <param name="snapshotId">Our id of the snapshot.</param>
    /// <param name="wanted">What it may reach and use now, where it runs afterwards; null: as when it was started last.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="HypervisorException">NotFound.</exception>
    Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation);

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

    /// <summary>
    /// Gives a stopped machine disks of its own: what they share with its source, with others and with its image is copied into
    /// them. Nothing that a guest sees changes. Its snapshots stay as they are. Nothing to do where a clone is a copy in full anyway.
    /// </summary>
    /// <exception cref="HypervisorException">NotFound; Rejected when the machine runs, or its host's disk is full: it shares on then.</exception>
    Task FlattenAsync(string machineId, IProgress<double> progress, CancellationToken cancellation)
    {
        progress.Report(1);
        return Task.CompletedTask;
    }
}

/// <summary>New machines that go on where a running one stood: resumed, not booted.</summary>
public interface IForks
{
    /// <summary>
    /// Freezes memory, devices and disks of a running machine as a warm image on this host. The machine stands still while its
    /// memory is copied and runs on. A warm image of that id that exists is left alone; one that fails leaves nothing behind.
    /// </summary>
    /// <param name="machineId">The machine; it must run.</param>
    /// <param name="warmImageId">Our id, by the rules of a machine's id.</param>
    /// <param name="ahead">
    /// Null for an image that is to be kept, and to outlive a loss of power. Else what it is for: forks that will be made of it right
    /// afterwards. A driver may prepare for them meanwhile; they may not be there yet, and <see cref="ForkAsync"/> makes them in any case.
    /// </param>
    /// <param name="cancellation">Ends the wait; the machine runs on.</param>
    /// <exception cref="HypervisorException">NotFound; Rejected when the machine does not run or cannot be forked.</exception>
    Task FreezeAsync(string machineId, string warmImageId, IReadOnlyList<MachineDefinition>? ahead, CancellationToken cancellation);

    /// <summary>The same for an image that is to be kept.</summary>
    Task FreezeAsync(string machineId, string warmImageId, CancellationToken cancellation) => FreezeAsync(machineId, warmImageId, null, cancellation);

    /// <summary>Ids of the warm images on this host.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes the machine of the definition and lets it run from where the warm image stood. Its memory, CPUs and devices are the
    /// image's. It is still its parent's twin and its network card is silent until <see cref="RenewAsync"/>. A machine of that id
    /// that runs is left alone.
    /// </summary>
    /// <exception cref="HypervisorException">NotFound; Rejected when the definition asks for other memory, CPUs or devices.</exception>
    Task ForkAsync(string warmImageId, MachineDefinition definition, CancellationToken cancellation);

    /// <summary>
    /// Gives a fork an identity of its own: generation id, entropy, clock, host name, machine-id, SSH host keys, authorized keys,
    /// MAC address; then its network card may speak. Calling it again after success is success.
    /// </summary>
    /// <exception cref="HypervisorException">Unreachable while the guest's agent is silent; Rejected, with what the guest said, when the guest cannot.</exception>
    Task RenewAsync(MachineDefinition definition, ForkIdentity identity, CancellationToken cancellation);

    /// <summary>Removes a warm image; forks of it run on. One that does not exist is success.</summary>
    Task DeleteAsync(string warmImageId, CancellationToken cancellation);
}

/// <summary>Who a fork is, besides what its definition says.</summary>
/// <param name="User">The guest user that the keys are for.</param>
/// <param name="AuthorizedKeys">Public keys (OpenSSH one-line format) that replace the user's; empty keeps the parent's.</param>
/// <param name="Script">A shell script that runs once as root after all else, or null.</param>
public sealed record ForkIdentity(string User, IReadOnlyList<string> AuthorizedKeys, string? Script);

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
