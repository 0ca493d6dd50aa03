using System.Text.Json.Nodes;
using Warren.Hypervisors.Docker.Consoles;
using Warren.Hypervisors.Docker.Engine;
using Warren.Hypervisors.Docker.Images;
using Warren.Hypervisors.Docker.Machines;
using Warren.Hypervisors.Docker.Probe;
using Warren.Hypervisors.Docker.Storage;

namespace Warren.Hypervisors.Docker;

/// <summary>
/// Machines in containers of a Docker Engine: a container and a volume each, found again by their labels. The container is
/// the machine; it is made last, so that it never stands for half a machine.
/// </summary>
public sealed class DockerHypervisor : IHypervisor, IDisposable
{
    private readonly DockerOptions _options;
    private readonly EngineClient _engine;
    private readonly MachineMarks _marks;
    private readonly MachineContainers _containers;
    private readonly Volumes _volumes;
    private readonly BootSources _boots;
    private readonly MachineStorage _storage;
    private readonly OfferProof _offers;
    private readonly EngineProbe _probe;
    private readonly ScreenProbe _screens;

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    public DockerHypervisor(DockerOptions options, TimeProvider clock)
    {
        _options = options;
        _engine = new EngineClient(options, clock);
        _marks = new MachineMarks(options.Host);
        _containers = new MachineContainers(_engine, _marks, clock);
        _volumes = new Volumes(_engine, _marks);
        var helpers = new HelperContainers(_engine, _marks, _containers, clock);
        var images = new ContainerImages(_engine, options);
        _boots = new BootSources(options, _volumes, helpers, images);
        _storage = new MachineStorage(options, helpers);
        _offers = new OfferProof(_engine, options, images, helpers);
        _probe = new EngineProbe(_engine, options, images, helpers, _offers);
        var screen = new DockerScreen(_containers, options, clock);
        _screens = new ScreenProbe(screen, clock);
        Screen = screen;
        Serial = new DockerSerial(_engine, _containers);
        Ports = new DockerPorts(_containers, options, clock);
        Power = new DockerPower(_engine, _containers);
        Addresses = new DockerAddresses(_containers);
        Autostart = new DockerAutostart(_engine, _containers);
        Changes = new DockerChanges(_engine, _marks);
        Installation = new DockerInstallation(_engine, _containers, options, clock);
        Resize = new DockerResize(this);
        Clones = new DockerClones(this);
    }

    /// <inheritdoc/>
    public string Kind => "docker";

    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IGuestPorts? Ports { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAddresses? Addresses { get; }

    /// <inheritdoc/>
    public IAutostart? Autostart { get; }

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public IChanges? Changes { get; }

    /// <inheritdoc/>
    public IInstallation? Installation { get; }

    /// <summary>Closes the connections to the engine; machines are not touched.</summary>
    public void Dispose() => _engine.Dispose();

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        Check(definition);
        cancellation.ThrowIfCancellationRequested();
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        if (await _containers.FindAsync(definition.Id, cancellation) is { } there)
        {
            if (!there.Runs) await BringUpToDateAsync(definition, there, cancellation);
            progress.Report(1);
            return;
        }

        using var boot = await _boots.BringAsync(definition.Boot, cancellation);
        await MakeAsync(definition, boot.Source, () => _storage.CompleteAsync(definition, boot.Source, cancellation), cancellation);
        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var machine = await _containers.RequireAsync(definition.Id, cancellation);
        if (machine.Runs) return;
        await BringUpToDateAsync(definition, machine, cancellation);
        (await _engine.PostAsync($"/containers/{MachineMarks.Name(definition.Id)}/start", null, cancellation)).Insist("start");
    }

    /// <summary>SIGTERM to the container's script, which presses the guest's power button and ends the guest only after its grace.</summary>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await _containers.RequireAsync(machineId, cancellation);
        if (!machine.Runs) return;
        if (machine.Power == ObservedPower.Paused) await Power!.ResumeAsync(machineId, cancellation);
        // 409: it ended meanwhile.
        (await _engine.PostAsync($"/containers/{machine.NativeId}/kill?signal=SIGTERM", null, cancellation)).Insist("stop", 409);
    }

    /// <inheritdoc/>
    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var machine = await _containers.RequireAsync(machineId, cancellation);
        if (!machine.Runs) return;
        (await _engine.PostAsync($"/containers/{machine.NativeId}/kill?signal=SIGKILL", null, cancellation)).Insist("kill", 409);
        (await _engine.PostAsync($"/containers/{machine.NativeId}/wait?condition=not-running", null, cancellation)).Insist("kill");
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        var machine = await _containers.FindAsync(machineId, cancellation);
        await _containers.RemoveAllAsync(machineId, cancellation);
        await _volumes.RemoveAsync(MachineMarks.Name(machineId), cancellation);
        if (machine is not null)
        {
            using var held = await _boots.HoldAsync(machine.Boot, cancellation);
            await _boots.ForgetAsync(machine.Boot, cancellation);
        }

        _screens.Forget(machineId);
    }

    /// <inheritdoc/>
    public async Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        if (await _containers.FindAsync(machineId, cancellation) is not { } machine) return MachineObservation.Missing;
        return new MachineObservation
        {
            Power = machine.Power,
            ProcessId = machine is { Runs: true, ProcessId: > 0 } ? machine.ProcessId : null,
            FirmwareRan = await _screens.HasDrawnAsync(machineId, machine, cancellation),
            Detail = machine.Detail,
        };
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => _containers.ListAsync(cancellation);

    /// <summary>A new machine with a copy of a stopped one's storage.</summary>
    internal async Task CloneAsync(string sourceId, MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(sourceId);
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var source = await _containers.RequireAsync(sourceId, cancellation);
        if (await _containers.FindAsync(definition.Id, cancellation) is not null) return;
        if (source.Runs) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {sourceId} runs; stop it before it is cloned");
        if (definition.DiskGiB < source.DiskGiB) throw Shrinks(source);
        using var held = await _boots.HoldAsync(source.Boot, cancellation);
        await MakeAsync(definition, source.Boot, async () =>
        {
            await _storage.CopyAsync(sourceId, definition.Id, source.Boot.Image, cancellation);
            var after = await _containers.RequireAsync(sourceId, cancellation);
            if (after.Runs || after.StartedAt != source.StartedAt)
                throw new HypervisorException(HypervisorErrorKind.Busy, $"machine {sourceId} was started while it was copied");
            await _storage.CompleteAsync(definition, source.Boot, cancellation);
        }, cancellation);
    }

    /// <summary>Memory, processors and disk of a stopped machine.</summary>
    internal async Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var machine = await _containers.RequireAsync(definition.Id, cancellation);
        if (machine.Runs) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {definition.Id} runs; stop it before it is resized");
        if (definition.DiskGiB < machine.DiskGiB) throw Shrinks(machine);
        await BringUpToDateAsync(definition, machine, cancellation);
    }

    private void Check(MachineDefinition definition)
    {
        DefinitionRules.Check(definition, DockerKind.Kind);
        MachineEnvironment.Check(definition);
        foreach (var option in new[] { "oemFolder", "sharedFolder" })
        {
            if (definition.Options.TryGetValue(option, out var path)) FolderRules.Check(option, path, _options);
        }
    }

    /// <summary>Volume, what is to be in it, and last the container; nothing is left of a failure.</summary>
    private async Task MakeAsync(MachineDefinition definition, BootSource boot, Func<Task> fill, CancellationToken cancellation)
    {
        try
        {
            var offer = (await _offers.ProveAsync(boot.Image, cancellation)).Offer;
            // Without a container it is what a creation left that was broken off, perhaps half a copy.
            await _volumes.RemoveAsync(MachineMarks.Name(definition.Id), cancellation);
            await _volumes.EnsureForMachineAsync(definition.Id, cancellation);
            await fill();
            await _containers.CreateAsync(definition.Id, MachineSpec.Build(definition, boot, offer, _options, _marks), cancellation);
        }
        catch
        {
            await TryUndoAsync(definition.Id, boot);
            throw;
        }
    }

    private async Task TryUndoAsync(string id, BootSource boot)
    {
        try
        {
            await _containers.RemoveAllAsync(id, CancellationToken.None);
            await _volumes.RemoveAsync(MachineMarks.Name(id), CancellationToken.None);
            await _boots.ForgetAsync(boot, CancellationToken.None);
        }
        catch (HypervisorException)
        {
            // The failure that led here is the one to tell; a deletion finds the rest.
        }
    }

    /// <summary>Makes the stopped container what the definition says: by a new one, because an environment cannot be changed.</summary>
    private async Task BringUpToDateAsync(MachineDefinition definition, MachineContainer machine, CancellationToken cancellation)
    {
        var boot = machine.Boot;
        var offer = (await _offers.ProveAsync(boot.Image, cancellation)).Offer;
        var body = MachineSpec.Build(definition, boot, offer, _options, _marks);
        if (MachineMarks.Text(machine.Labels, MachineMarks.Spec) == MachineSpec.DigestOf(body)) return;
        await _storage.CompleteAsync(definition, boot, cancellation);
        body["HostConfig"]!["RestartPolicy"] = new JsonObject { ["Name"] = machine.RestartPolicy };
        await _containers.ReplaceAsync(definition.Id, machine, body, cancellation);
    }

    private static HypervisorException Shrinks(MachineContainer machine) =>
        new(HypervisorErrorKind.Rejected, $"diskGiB cannot shrink: the disk has {machine.DiskGiB} GiB");
}

/// <summary>Resize by the driver itself.</summary>
internal sealed class DockerResize(DockerHypervisor driver) : IResize
{
    /// <inheritdoc/>
    public Task ResizeAsync(MachineDefinition definition, CancellationToken cancellation) => driver.ResizeAsync(definition, cancellation);
}

/// <summary>Clones by the driver itself.</summary>
internal sealed class DockerClones(DockerHypervisor driver) : IClones
{
    /// <inheritdoc/>
    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        await driver.CloneAsync(sourceId, definition, cancellation);
        progress.Report(1);
    }
}
