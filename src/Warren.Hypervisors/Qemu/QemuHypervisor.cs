using Warren.Hypervisors.Commands;
using Warren.Hypervisors.Guests;
using Warren.Hypervisors.Qemu.Probe;

namespace Warren.Hypervisors.Qemu;

/// <summary>
/// QEMU on this host, no daemon between: a folder and a detached process per machine. All state is in those, so that any
/// new instance of this class finds every machine again.
/// </summary>
public sealed class QemuHypervisor : IHypervisor
{
    private readonly QemuOptions _options;
    private readonly TimeProvider _clock;
    private readonly QemuControl _control;
    private readonly DiskFiles _disks;
    private readonly SeedIso _seeds;
    private readonly QemuLauncher _launcher;
    private readonly QemuProbe _probe;
    private readonly QemuShutdown _shutdown;

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    public QemuHypervisor(QemuOptions options, TimeProvider clock)
    {
        _options = options with { MachinesFolder = Path.GetFullPath(options.MachinesFolder) };
        _clock = clock;
        var commands = new CommandRunner();
        _control = new QemuControl(clock);
        _disks = new DiskFiles(_options, commands);
        _seeds = new SeedIso(commands, options.XorrisoProgram);
        _launcher = new QemuLauncher(_options, commands, clock);
        _probe = new QemuProbe(_options, commands);
        var agent = new GuestAgent(_options.MachinesFolder, clock);
        _shutdown = new QemuShutdown(_control, agent, clock);
        Screen = new QemuScreen(_options.MachinesFolder, clock);
        Serial = new QemuSerial(_options.MachinesFolder, clock);
        Guest = new AgentGuest(agent, clock);
        Power = new QemuPower(_options.MachinesFolder, _control);
        Resize = new QemuResize(_options.MachinesFolder, _disks, clock);
    }

    /// <inheritdoc/>
    public string Kind => "qemu";

    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, QemuKind.Kind);
        var folder = Folder(definition.Id);
        folder.CheckSocketPaths();
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        if (MachineProcess.Search(folder) is not null) return;
        var mayRemove = !folder.Exists;
        folder.Make();
        try
        {
            await CompleteAsync(definition, folder, cancellation);
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
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        if (!folder.Exists) throw NotFound(definition.Id);
        if (MachineProcess.Search(folder) is { } running)
        {
            await _launcher.WaitUntilReadyAsync(folder, running, 0, cancellation);
            if (PrivateFile.Read<ProcessRecord>(folder.ProcessRecord)?.ProcessId != running)
                MachineProcess.Record(folder, running, 0);
        }
        else
        {
            var accelerator = (await _probe.AcceleratorAsync(cancellation)).Name;
            await CompleteAsync(definition, folder, cancellation);
            var firmware = definition.Firmware == Firmware.Uefi ? _disks.Firmwares() : null;
            await _launcher.StartAsync(
                folder, QemuArguments.Build(definition, folder, _options, accelerator, firmware), cancellation);
        }

        if (definition.Ephemeral) ForgetDisks(definition, folder);
    }

    /// <inheritdoc/>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        if (!folder.Exists) throw NotFound(machineId);
        if (MachineProcess.Find(folder) is not null) await _shutdown.AskAsync(folder, cancellation);
    }

    /// <inheritdoc/>
    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        if (!folder.Exists) throw NotFound(machineId);
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        await _shutdown.KillAsync(folder, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        var folder = Folder(machineId);
        using var _ = await MachineLock.TakeAsync(folder, _clock, cancellation);
        await _shutdown.KillAsync(folder, cancellation);
        folder.Remove();
        MachineFolder.Sweep(folder.Root);
        _control.Forget(machineId);
    }

    /// <inheritdoc/>
    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation) =>
        QemuObserver.LookAsync(Folder(machineId), _control, cancellation);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
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

    private async Task CompleteAsync(MachineDefinition definition, MachineFolder folder, CancellationToken cancellation)
    {
        var before = PrivateFile.Read<MachineDefinition>(folder.Definition);
        await _disks.CompleteAsync(definition, folder, cancellation);
        if (definition.Seed is { } seed && (before?.Seed != seed || !File.Exists(folder.Seed)))
            await _seeds.WriteAsync(seed, folder.Seed, cancellation);
        // Last: the mark says that everything it describes is there.
        PrivateFile.Write(folder.Definition, definition);
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
