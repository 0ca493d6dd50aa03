namespace Warren.Hypervisors;

/// <summary>
/// What every hypervisor can do. Every call can be made again: "make it so, then check". All failures are
/// <see cref="HypervisorException"/>. What not all can do is a facet, null where it is missing; the capability matrix
/// is computed from that and from <see cref="ProbeAsync"/>.
/// </summary>
public interface IHypervisor
{
    /// <summary>The kind: <c>qemu</c>, <c>libvirt</c>, <c>proxmox</c>, <c>virtualbox</c>, <c>hyperv</c>, <c>wsl</c>, <c>docker</c> or <c>fake</c>.</summary>
    string Kind { get; }

    /// <summary>Finds out what the host really can do. Device nodes prove nothing: acceleration counts after a real boot.</summary>
    Task<HostProbe> ProbeAsync(CancellationToken cancellation);

    /// <summary>Makes the machine exist, stopped. Calling it again with the same definition completes what is missing.</summary>
    /// <exception cref="HypervisorException">Rejected when the definition cannot be met; nothing is left behind.</exception>
    Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation);

    /// <summary>
    /// Makes the machine run. A machine that runs already is left alone; one that is suspended goes on where it stood, or
    /// stays suspended when it cannot.
    /// </summary>
    /// <exception cref="HypervisorException">NotFound; Busy when a port or lock is held by another; Rejected when what it was suspended with does not fit.</exception>
    Task StartAsync(MachineDefinition definition, CancellationToken cancellation);

    /// <summary>
    /// Asks the guest to shut down (agent, then ACPI) and returns at once; <see cref="ObserveAsync"/> tells when it has.
    /// A suspended machine cannot be asked: its memory is thrown away.
    /// </summary>
    Task StopAsync(string machineId, CancellationToken cancellation);

    /// <summary>Ends the machine now, without asking the guest. A stopped machine is left alone; a suspended one loses its memory.</summary>
    Task KillAsync(string machineId, CancellationToken cancellation);

    /// <summary>Removes the machine and everything it owned. A machine that does not exist is success.</summary>
    Task DeleteAsync(string machineId, CancellationToken cancellation);

    /// <summary>Looks at one machine. Never throws NotFound: that is <see cref="ObservedPower.Missing"/>.</summary>
    Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation);

    /// <summary>Lists every machine on the host, ours and foreign.</summary>
    Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation);

    /// <summary>Screen as an RFB byte stream, or null.</summary>
    IScreen? Screen => null;

    /// <summary>Serial line and its kept log, or null.</summary>
    ISerial? Serial => null;

    /// <summary>The guest's clipboard, or null.</summary>
    IClipboard? Clipboard => null;

    /// <summary>TCP ports of the guest, or null.</summary>
    IGuestPorts? Ports => null;

    /// <summary>Agent inside the guest, or null.</summary>
    IGuest? Guest => null;

    /// <summary>Pause and continue, or null.</summary>
    IPower? Power => null;

    /// <summary>Suspend to disk, or null.</summary>
    ISuspend? Suspend => null;

    /// <summary>Change of memory, CPUs and disk of a stopped machine, or null.</summary>
    IResize? Resize => null;

    /// <summary>Addresses of guests, or null: then only forwards lead in.</summary>
    IAddresses? Addresses => null;

    /// <summary>Start with the host, or null.</summary>
    IAutostart? Autostart => null;

    /// <summary>Snapshots, or null.</summary>
    ISnapshots? Snapshots => null;

    /// <summary>New machines from a stopped one, or null.</summary>
    IClones? Clones => null;

    /// <summary>New machines from a running one, or null.</summary>
    IForks? Forks => null;

    /// <summary>Live migration, or null.</summary>
    IMigration? Migration => null;

    /// <summary>Networks of the host, or null: then every machine has the driver's own user-mode network.</summary>
    INetworks? Networks => null;

    /// <summary>Storage pools of the host, or null.</summary>
    IStorage? Storage => null;

    /// <summary>Changes as they happen, or null: then machines are looked at now and then.</summary>
    IChanges? Changes => null;

    /// <summary>Adoption of foreign machines, or null.</summary>
    IAdoption? Adoption => null;

    /// <summary>Progress of machines that install their guest by themselves, or null.</summary>
    IInstallation? Installation => null;

    /// <summary>Signs of use, or null: then machines cannot be ended for want of it.</summary>
    IActivity? Activity => null;

    /// <summary>What memory is really taken, or null: then only what was promised counts.</summary>
    IMemoryUse? MemoryUse => null;
}
