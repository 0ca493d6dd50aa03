using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Guests.Renewal;
using Warren.Hypervisors.Qemu.Confinement;
using Warren.Hypervisors.Qemu.Forks;
using Warren.Hypervisors.Qemu.Probe;
using Warren.Hypervisors.Qemu.Snapshots;
using Warren.Hypervisors.Qemu.Suspension;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// QEMU on this host, no daemon between: a folder and a detached process per machine. All state is in those, so that any
/// new instance of this class finds every machine again.
/// </summary>
public sealed class QemuHypervisor : IHypervisor, IOwnProcesses
{
    private readonly QemuOptions _options;
    private readonly TimeProvider _clock;
    private readonly QemuControl _control;
    private readonly DiskFiles _disks;
    private readonly QemuLauncher _launcher;
    private readonly QemuProbe _probe;
    private readonly QemuConfinement _confinement;
    private readonly QemuShutdown _shutdown;
    private readonly QemuLife _life;
    private readonly Layers _layers;
    private readonly QemuSnapshots _snapshots;
    private readonly QemuSuspend _suspend;
    private readonly GuestClock _guestClock;

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    public QemuHypervisor(QemuOptions options, TimeProvider clock)
    {
        _options = options with { MachinesFolder = Path.GetFullPath(options.MachinesFolder) };
        _clock = clock;
        var commands = new CommandRunner();
        _control = new QemuControl(clock);
        _disks = new DiskFiles(_options, commands);
        _launcher = new QemuLauncher(_options, commands, clock);
        _confinement = new QemuConfinement(_options, commands);
        _probe = new QemuProbe(_options, commands, _confinement);
        var agent = new GuestAgent(_options.MachinesFolder, _options.KeepAgentLines, clock);
        _shutdown = new QemuShutdown(_control, agent, clock);
        _life = new QemuLife(_options, _disks, new SeedIso(commands, options.XorrisoProgram), _launcher, _probe, _shutdown, _confinement);
        _layers = new Layers(_options.MachinesFolder, _disks, clock);
        _snapshots = new QemuSnapshots(_options.MachinesFolder, _layers, _life, _control, new QuietGuest(agent), clock);
        _suspend = new QemuSuspend(_options.MachinesFolder, _life, _snapshots, _control, clock);
        var insider = new AgentGuest(agent, clock);
        _guestClock = new GuestClock(insider, clock);
        Forks = new QemuForks(_options.MachinesFolder, _layers, _life, _snapshots, _control, agent, insider, clock);
        Clones = new QemuClones(_options.MachinesFolder, _layers, _disks, _life, _snapshots, clock);
        Screen = new QemuScreen(_options.MachinesFolder, clock);
        Serial = new QemuSerial(_options.MachinesFolder, clock);
        Clipboard = new QemuClipboard(_options.MachinesFolder, clock);
        Ports = new QemuPorts(_options.MachinesFolder, _control, clock);
        Guest = insider;
        Power = new QemuPower(_options.MachinesFolder, _control);
        Resize = new QemuResize(_options.MachinesFolder, _disks, clock);
        Autostart = new QemuAutostart(_options.MachinesFolder, clock);
        Activity = new QemuActivity(_options.MachinesFolder);
        MemoryUse = new QemuMemory(_options.MachinesFolder);
    }

    /// <inheritdoc/>
    public string Kind => "qemu";

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
    public ISuspend? Suspend => _suspend;

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAutostart? Autostart { get; }

    /// <inheritdoc/>
    public IActivity? Activity { get; }

    /// <inheritdoc/>
    public IMemoryUse? MemoryUse { get; }

    /// <inheritdoc/>
    public ISnapshots? Snapshots => _snapshots;

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public IForks? Forks { get; }

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        var folder = Folder(definition.Id);
        folder.CheckSocketPaths();
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        if (MachineProcess.Search(folder) is not null || SuspendFiles.IsSuspended(folder)) return;
        var mayRemove = !folder.Exists;
        folder.Make();
        try
        {
            await _life.CompleteAsync(definition, folder, cancellation);
            progress.Report(1);
        }
        catch when (mayRemove)
        {
            folder.Remove();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        var folder = Folder(definition.Id);
        folder.CheckSocketPaths();
        bool late;
        using (await MachineLock.TakeAsync(folder, _clock, cancellation)) late = await MakeRunAsync(definition, folder, cancellation);
        // Without the lock: a guest that is slow to answer holds up nobody.
        if (late) await _guestClock.TrySetAsync(definition.Id, cancellation);
    }

    /// <returns>Whether it goes on from a suspension, and its guest has an agent that can be told the time.</returns>
    private async Task<bool> MakeRunAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        if (!folder.Exists) throw NotFound(definition.Id);
        if (SuspendFiles.IsSuspended(folder)) return await _suspend.GoOnAsync(definition, folder, cancellation);
        if (MachineProcess.Search(folder) is { } running)
        {
            await _launcher.WaitUntilReadyAsync(folder, running, 0, cancellation);
            if (PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.ProcessId != running)
                MachineProcess.Record(folder, running, 0, null);
            await _suspend.SettleAsync(folder, cancellation);
        }
        else
        {
            await _confinement.EndOthersAsync(folder, cancellation);
            HostDisk.AnswerFor(() => QemuSuspend.Clear(folder));
            await _snapshots.RecoverAsync(folder, cancellation);
            await _life.StartAsync(definition, folder, null, cancellation);
        }

        if (definition.Ephemeral) ForgetDisks(definition, folder);
        return false;
    }

    /// <inheritdoc/>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        if (!folder.Exists) throw NotFound(machineId);
        // There is nobody to ask.
        if (SuspendFiles.IsSuspended(folder)) await KillAsync(machineId, cancellation);
        else if (MachineProcess.Find(folder) is not null) await _shutdown.AskAsync(folder, cancellation);
    }

    /// <inheritdoc/>
    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        if (!folder.Exists) throw NotFound(machineId);
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        await _shutdown.KillAsync(folder, cancellation);
        HostDisk.AnswerFor(new SuspendFiles(folder).Remove);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        await _shutdown.KillAsync(folder, cancellation);
        var user = _confinement.UserOf(folder);
        folder.Remove();
        await _confinement.ForgetAsync(user, cancellation);
        MachineFolder.Sweep(folder.Root);
        using (await _layers.LockAsync(cancellation)) _layers.Clear();
        _control.Forget(machineId);
        GuestAgent.Forget(folder);
    }

    /// <inheritdoc/>
    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) =>
        QemuObserver.LookAsync(Folder(machineId), _control, cancellation);

    /// <inheritdoc/>
    public bool HasEnded(string machineId) => MachineProcess.Find(Folder(machineId)) is null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
        await _confinement.KeepAsync(cancellation);
        List<FoundMachine> found = [.. MachineProcess.Foreign(_options.MachinesFolder)];
        if (!Directory.Exists(_options.MachinesFolder)) return found;
        foreach (var path in Directory.EnumerateDirectories(_options.MachinesFolder))
        {
            var id = Path.GetFileName(path);
            if (id.StartsWith('.') || !DefinitionRules.IsId(id)) continue;
            var observed = await ObserveAsync(id, cancellation);
            if (observed.Power != ObservedPower.Missing) found.Add(new FoundMachine(id, id, observed.Power));
        }

        return found;
    }

    /// <summary>The running QEMU keeps the files open; without names they vanish with it, however it ends.</summary>
    private static void ForgetDisks(MachineDefinition definition, MachineFolder folder)
    {
        File.Delete(folder.SystemDisk);
        File.Delete(folder.FirmwareVariables);
        for (var i = 0; i < definition.DataDisks.Count; i++) File.Delete(folder.DataDisk(i));
    }

    private MachineFolder Folder(string id) => new(_options.MachinesFolder, id);

    private static HypervisorException NotFound(string id) =>
        new(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");
}
