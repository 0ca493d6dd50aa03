using System.Collections.Concurrent;
using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Probe;
using Warren.Hypervisors.VirtualBox.Snapshots;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox;

/// <summary>
/// Machines of a VirtualBox, here or elsewhere, by its command line. All state is with VirtualBox: any new instance of this
/// class finds every machine again by the mark in its extra data.
/// </summary>
internal sealed class VirtualBoxHypervisor : IHypervisor
{
    private readonly VirtualBoxOptions _options;
    private readonly BoxManage _box;
    private readonly BoxMachines _machines;
    private readonly MachineMaker _maker;
    private readonly MachinePower _power;
    private readonly BoxProbe _probe;
    private readonly ConcurrentDictionary<string, string> _booted = new(StringComparer.Ordinal);

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    internal VirtualBoxHypervisor(VirtualBoxOptions options, IBoxTool tool, TimeProvider clock)
    {
        _options = options;
        _box = new BoxManage(tool, options, clock);
        _machines = new BoxMachines(_box, options, clock);
        var files = new HostFiles(options);
        _maker = new MachineMaker(_box, _machines, files, options);
        _power = new MachinePower(_box, _machines, _maker, files, options, clock);
        _probe = new BoxProbe(_box, _machines, files, options, clock);
        Power = new VirtualBoxPower(_machines, _power);
        Suspend = new VirtualBoxSuspend(_machines, _power, options);
        Resize = new VirtualBoxResize(this);
        Addresses = new VirtualBoxAddresses(_box, _machines);
        Snapshots = new VirtualBoxSnapshots(_box, _machines, _power, options, clock);
        Clones = new VirtualBoxClones(this);
    }

    /// <inheritdoc/>
    public string Kind => "virtualbox";

    internal BoxMachines Machines => _machines;

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public ISuspend? Suspend { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAddresses? Addresses { get; }

    /// <inheritdoc/>
    public ISnapshots? Snapshots { get; }

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var found = await _machines.FindAnyAsync(definition.Id, cancellation);
        if (found is (var there, true))
        {
            if (there.IsOff) await _maker.ApplyAsync(definition, there, cancellation);
        }
        else
        {
            InsistOnImage(definition);
            await _maker.MakeAsync(definition, found, progress, cancellation);
        }

        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        await _power.StartAsync(definition, cancellation);
    }

    /// <inheritdoc/>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        await _power.StopAsync(machineId, cancellation);
    }

    /// <inheritdoc/>
    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        await _power.EndAsync(await _machines.RequireAsync(machineId, cancellation), machineId, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        var found = await _machines.FindAnyAsync(machineId, cancellation);
        if (found is var (info, _)) await _power.EndAsync(info, machineId, cancellation);
        cancellation.ThrowIfCancellationRequested();
        await _maker.RemoveAsync(machineId, found);
        _booted.TryRemove(machineId, out _);
    }

    /// <inheritdoc/>
    public async Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        if (await _machines.FindAsync(machineId, cancellation) is not { } info) return MachineObservation.Missing;
        return new MachineObservation
        {
            Power = info.Power,
            FirmwareRan = info.Power is ObservedPower.On or ObservedPower.Paused && await HasBootedAsync(machineId, info, cancellation),
            Detail = VmStates.DetailOf(info.State),
        };
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => _machines.ListAsync(cancellation);

    /// <summary>A new machine with a copy of a stopped one's disks.</summary>
    internal async Task CloneAsync(string sourceId, MachineDefinition definition, CancellationToken cancellation)
    {
        Check(definition);
        DefinitionRules.CheckId(sourceId);
        if (sourceId == definition.Id) throw new HypervisorException(HypervisorErrorKind.Rejected, "id: a machine cannot be a clone of itself");
        // In one order for everybody, so that two clones never wait for each other.
        var (first, second) = string.CompareOrdinal(sourceId, definition.Id) < 0 ? (sourceId, definition.Id) : (definition.Id, sourceId);
        using var turn = await Gates.EnterAsync(_options.Place, first, cancellation);
        using var other = await Gates.EnterAsync(_options.Place, second, cancellation);
        var from = await _machines.RequireAsync(sourceId, cancellation);
        var found = await _machines.FindAnyAsync(definition.Id, cancellation);
        if (found is (_, true)) return;
        if (from.Power == ObservedPower.Suspended) throw SuspendRules.Refusal(sourceId, "cloned");
        if (!from.IsOff) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {sourceId} runs; stop it before it is cloned");
        await _maker.InsistOnGrowthAsync(definition, from, cancellation);
        await _maker.CopyAsync(from, definition, found, cancellation);
    }

    /// <summary>Memory, processors and disk of a stopped machine.</summary>
    internal async Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var info = await _machines.RequireAsync(definition.Id, cancellation);
        if (info.Power == ObservedPower.Suspended) throw SuspendRules.Refusal(definition.Id, "resized");
        if (!info.IsOff) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
        await _maker.InsistOnGrowthAsync(definition, info, cancellation);
        await _maker.GrowAsync(definition, info, cancellation);
        await _maker.ApplyAsync(definition, info, cancellation);
    }

    /// <summary>The common rules, then what this driver does not do: it says so instead of doing half of it.</summary>
    private void Check(MachineDefinition definition)
    {
        DefinitionRules.Check(definition, VirtualBoxKind.Kind);
        MachineSettings.Check(definition);
        SharedFolders.Check(definition, _options);
        var missing = definition.Ephemeral ? "ephemeral disks"
            : definition.DataDisks.Any(d => d.ExistingPath is not null) ? "data disks that are attached as they are: it writes neither qcow2 nor raw files"
            : null;
        if (missing is not null) throw new HypervisorException(HypervisorErrorKind.Unsupported, $"the driver virtualbox has no {missing}");
    }

    private static void InsistOnImage(MachineDefinition definition)
    {
        if (!File.Exists(definition.Boot.Path))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {definition.Boot.Path} does not exist");
    }

    /// <summary>
    /// The firmware tells its log when it turns to a medium ("Guest Log: BIOS: Booting from Hard Disk..."). The log is begun anew at
    /// each start; what was seen of this run is not looked for again.
    /// </summary>
    private async Task<bool> HasBootedAsync(string id, VmInfo info, CancellationToken cancellation)
    {
        var run = $"{info.Uuid} {info.ChangedAt}";
        if (_booted.TryGetValue(id, out var seen) && seen == run) return true;
        var log = await _box.TryAsync(["showvminfo", BoxMachines.NameOf(id), "--log", "0"], _options.Timeout, cancellation);
        if (log.ExitCode != 0 || !FirmwareLog.SaysBooting(log.Output)) return false;
        _booted[id] = run;
        return true;
    }
}
