using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Guests.Renewal;
using Warren.Hypervisors.Libvirt.Connections;
using Warren.Hypervisors.Libvirt.Consoles;
using Warren.Hypervisors.Libvirt.Machines;
using Warren.Hypervisors.Libvirt.Moves;
using Warren.Hypervisors.Libvirt.Native;
using Warren.Hypervisors.Libvirt.Networks;
using Warren.Hypervisors.Libvirt.Probe;
using Warren.Hypervisors.Libvirt.Snapshots;
using Warren.Hypervisors.Libvirt.Storage;

namespace Warren.Hypervisors.Libvirt;

/// <summary>
/// Machines of a libvirt daemon, here or elsewhere, through its C library. All state is with the daemon: any new instance of
/// this class finds every machine again by the mark in its metadata.
/// </summary>
internal sealed class LibvirtHypervisor : IHypervisor, IDisposable
{
    private readonly LibvirtOptions _options;
    private readonly HostLine _line;
    private readonly MachineVolumes _volumes;
    private readonly AcceleratorTrial _accelerator;
    private readonly LibvirtProbe _probe;
    private readonly MachineStart _start;
    private readonly GuestClock _guestClock;

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    internal LibvirtHypervisor(LibvirtOptions options, TimeProvider clock)
    {
        _options = options;
        _line = new HostLine(options, clock);
        _volumes = new MachineVolumes(options, _line);
        _accelerator = new AcceleratorTrial(options, _line, clock);
        _probe = new LibvirtProbe(options, _line, _accelerator);
        _start = new MachineStart(options, _line, _volumes, _accelerator);
        var agent = new LibvirtAgent(_line, options);
        Screen = new LibvirtScreen(options, _line, clock);
        Serial = new LibvirtSerial(options, _line);
        Clipboard = new LibvirtClipboard(_line, clock);
        var insider = new AgentGuest(agent, clock);
        Guest = insider;
        _guestClock = new GuestClock(insider, clock);
        Power = new LibvirtPower(_line);
        Suspend = new LibvirtSuspend(options, _line);
        Resize = new LibvirtResize(options, _line, _volumes, _start);
        var addresses = new LibvirtAddresses(_line, agent);
        Addresses = addresses;
        Ports = new LibvirtPorts(options, _line, addresses, clock);
        Autostart = new LibvirtAutostart(_line);
        Activity = new LibvirtActivity(_line);
        Snapshots = new LibvirtSnapshots(_line, clock);
        Networks = new LibvirtNetworks(_line);
        Storage = new LibvirtStorage(_line);
        Changes = new LibvirtChanges(_line);
        Adoption = new LibvirtAdoption(_line);
        Clones = new LibvirtClones(options, _line, _volumes, _start);
        Migration = new LibvirtMigration(this, clock);
        Agent = agent;
    }

    /// <inheritdoc/>
    public string Kind => "libvirt";

    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IClipboard? Clipboard { get; }

    /// <inheritdoc/>
    public IGuestPorts? Ports { get; }

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public ISuspend? Suspend { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAddresses? Addresses { get; }

    /// <inheritdoc/>
    public IAutostart? Autostart { get; }

    /// <inheritdoc/>
    public IActivity? Activity { get; }

    /// <inheritdoc/>
    public ISnapshots? Snapshots { get; }

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public IMigration? Migration { get; }

    /// <inheritdoc/>
    public INetworks? Networks { get; }

    /// <inheritdoc/>
    public IStorage? Storage { get; }

    /// <inheritdoc/>
    public IChanges? Changes { get; }

    /// <inheritdoc/>
    public IAdoption? Adoption { get; }

    internal LibvirtOptions Options => _options;

    internal HostLine Line => _line;

    internal MachineVolumes Volumes => _volumes;

    internal AcceleratorTrial Accelerator => _accelerator;

    private LibvirtAgent Agent { get; }

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        _start.Check(definition);
        using var _ = await Gates.EnterAsync(_options.Uri, definition.Id, cancellation);
        await _start.CreateAsync(definition, progress, cancellation);
        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        MachineStart.CheckRules(definition);
        bool stoodStill;
        using (await Gates.EnterAsync(_options.Uri, definition.Id, cancellation)) stoodStill = await _start.RunAsync(definition, cancellation);
        if (stoodStill) await _guestClock.TrySetAsync(definition.Id, cancellation);
    }

    /// <inheritdoc/>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        var asked = await _line.ChangeAsync(connection =>
        {
            using var domain = Domains.Require(connection, machineId);
            var (state, _) = Domains.State(domain.Handle);
            if (state is Domains.Off or Domains.Crashed)
            {
                ManagedSave.Remove(domain.Handle);
                return false;
            }

            // A paused machine would never hear.
            if (state is Domains.Paused) VirError.Check(LibVirt.DomainResume(domain.Handle));
            VirError.Check(LibVirt.DomainShutdown(domain.Handle, LibVirt.ShutdownByPowerButton));
            return true;
        }, cancellation);
        if (asked) await Agent.TellShutdownAsync(machineId, cancellation);
    }

    /// <inheritdoc/>
    public Task KillAsync(string machineId, CancellationToken cancellation) => _line.ChangeAsync(connection =>
    {
        using var domain = Domains.Require(connection, machineId);
        End(domain.Handle);
        ManagedSave.Remove(domain.Handle);
    }, cancellation);

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var _ = await Gates.EnterAsync(_options.Uri, machineId, cancellation);
        var disks = await _line.ChangeAsync<IReadOnlyList<string>>(connection =>
        {
            using var domain = Domains.Find(connection, machineId);
            if (domain is null) return [];
            var files = DomainDisks.Paths(domain.Handle);
            End(domain.Handle);
            Undefine(domain.Handle);
            return files;
        }, cancellation);
        await _volumes.RemoveAsync(machineId, disks, cancellation);
    }

    /// <inheritdoc/>
    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return _line.LookAsync(connection => Observer.Look(connection, machineId, _options), cancellation);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) =>
        _line.LookAsync(Observer.List, cancellation);

    /// <summary>Closes the connection; calls still under way fail.</summary>
    public void Dispose() => _line.Dispose();

    /// <summary>Forgets a domain with all that belongs to it; one that is gone already is fine, as a transient one is after its end.</summary>
    private static void Undefine(DomainHandle domain)
    {
        if (LibVirt.DomainUndefine(domain, LibVirt.UndefineEverything) >= 0) return;
        var failure = VirError.Last();
        if (failure.Code != VirError.NoDomain) throw failure;
    }

    private static void End(DomainHandle domain)
    {
        if (!Domains.IsActive(domain) || LibVirt.DomainDestroy(domain, 0) >= 0) return;
        // It may have ended by itself meanwhile.
        var failure = VirError.Last();
        if (failure.Code != VirError.OperationInvalid) throw failure;
    }
}
