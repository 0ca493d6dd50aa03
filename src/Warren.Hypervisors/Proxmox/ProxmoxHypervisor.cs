using System.Globalization;
using Warren.Hypervisors.Proxmox.Api;
using Warren.Hypervisors.Proxmox.Machines;
using Warren.Hypervisors.Proxmox.Storage;

namespace Warren.Hypervisors.Proxmox;

/// <summary>
/// Machines of a Proxmox VE node or cluster. All state is there: machines are found again by their tags, tasks by the
/// server's own list of them.
/// </summary>
public sealed class ProxmoxHypervisor : IHypervisor, IDisposable
{
    private readonly ProxmoxOptions _options;
    private readonly ProxmoxClient _client;
    private readonly ProxmoxTasks _tasks;
    private readonly MachineFinder _finder;
    private readonly MachineEnd _end;
    private readonly MachineMaker _maker;
    private readonly ImageUploads _uploads;
    private readonly ProxmoxProbe _probe;

    /// <summary>Creates a driver; nothing is touched before the first call.</summary>
    public ProxmoxHypervisor(ProxmoxOptions options, TimeProvider clock)
    {
        _options = options;
        _client = new ProxmoxClient(options, clock);
        _tasks = new ProxmoxTasks(_client, options, clock);
        _finder = new MachineFinder(_client, options);
        Nodes = new Nodes(_client, options);
        _end = new MachineEnd(_client, _tasks, _finder, options, clock);
        _uploads = new ImageUploads(_client, _tasks, options);
        _maker = new MachineMaker(_client, _tasks, _finder, Nodes, new NewNumbers(_client, _finder, options), _uploads, _end, options);
        _probe = new ProxmoxProbe(_client, Nodes, options);
        Power = new ProxmoxPower(_client, _tasks, _finder);
        Suspend = new ProxmoxSuspend(_client, _tasks, _finder, options);
        Resize = new ProxmoxResize(_client, _tasks, _finder, _maker, options);
        Autostart = new ProxmoxAutostart(_client, _finder);
        Clones = new ProxmoxClones(_finder, _maker, options);
        Snapshots = new ProxmoxSnapshots(_client, _tasks, _finder, _end, options);
        Adoption = new ProxmoxAdoption(_client, _finder);
        Screen = new Consoles.ProxmoxScreen(_client, _finder, options, clock);
        Guest = new ProxmoxGuest(_client, _finder, clock, options);
        Addresses = new ProxmoxAddresses(_client, _finder);
        Migration = new ProxmoxMigration(this, _client, _tasks, _finder, options, clock);
    }

    /// <inheritdoc/>
    public string Kind => "proxmox";

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public ISuspend? Suspend { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public IAutostart? Autostart { get; }

    /// <inheritdoc/>
    public IClones? Clones { get; }

    /// <inheritdoc/>
    public ISnapshots? Snapshots { get; }

    /// <inheritdoc/>
    public IAdoption? Adoption { get; }

    /// <inheritdoc/>
    public IScreen? Screen { get; }

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public IAddresses? Addresses { get; }

    /// <inheritdoc/>
    public IMigration? Migration { get; }

    /// <summary>The nodes that are this host, for a move to it.</summary>
    internal Nodes Nodes { get; }

    /// <summary>Closes the connections; machines are not touched.</summary>
    public void Dispose() => _client.Dispose();

    /// <inheritdoc/>
    public Task<HostProbe> ProbeAsync(CancellationToken cancellation) => _probe.RunAsync(cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        MachineParameters.Check(definition);
        cancellation.ThrowIfCancellationRequested();
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        await _maker.MakeAsync(definition, await TemplateAsync(definition, cancellation), MachineParameters.Option(definition, "linked") == "true", progress, cancellation);
        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        MachineParameters.Check(definition);
        using var turn = await Gates.EnterAsync(_options.Place, definition.Id, cancellation);
        var (machine, status) = await _finder.RequireStatusAsync(definition.Id, cancellation);
        var power = PowerWords.Read(status);
        if (power is ObservedPower.On or ObservedPower.Paused) return;
        if (power == ObservedPower.Suspended)
        {
            var config = await _finder.ConfigAsync(machine, cancellation);
            SuspendRules.CheckFits(definition with { MemoryMiB = config.MemoryMiB, Cpus = config.Cpus }, definition);
        }

        try
        {
            await _tasks.RunAsync(machine.Node, machine.Vmid, ["qmstart", "qmresume", "hastart"],
                () => _client.ChangeAsync(HttpMethod.Post, machine.Path("status", "start"), null, cancellation), null, cancellation);
        }
        catch (HypervisorException e) when (e.Message.Contains("already running", StringComparison.Ordinal))
        {
            // Another was faster.
        }

        await _end.UntilAsync(machine, ObservedPower.On, cancellation);
    }

    /// <inheritdoc/>
    public async Task StopAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        var (machine, status) = await _finder.RequireStatusAsync(machineId, cancellation);
        switch (PowerWords.Read(status))
        {
            case ObservedPower.Off:
                return;
            case ObservedPower.Suspended:
                await _end.DiscardAsync(machine, cancellation);
                return;
            case ObservedPower.Paused:
                // A guest that stands still hears nothing.
                await Power!.ResumeAsync(machineId, cancellation);
                break;
        }

        if (await _tasks.FindAsync(machine.Node, machine.Vmid, ["qmshutdown", "hastop"], cancellation) is not null) return;
        // Its task waits for the guest; we do not.
        await _client.ChangeAsync(HttpMethod.Post, machine.Path("status", "shutdown"), new Form().With("timeout", (long)_options.StopGrace.TotalSeconds), cancellation);
    }

    /// <inheritdoc/>
    public async Task KillAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        var (machine, status) = await _finder.RequireStatusAsync(machineId, cancellation);
        var power = PowerWords.Read(status);
        if (power == ObservedPower.Suspended) await _end.DiscardAsync(machine, cancellation);
        else if (power != ObservedPower.Off) await _end.EndAsync(machine, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        using var turn = await Gates.EnterAsync(_options.Place, machineId, cancellation);
        var machine = await _finder.FindAsync(machineId, cancellation);
        if (machine is not null) await _end.RemoveAsync(machine, cancellation);
        var node = machine?.Node ?? Fields.Text((await Nodes.OursAsync(cancellation)).FirstOrDefault(n => Fields.Text(n, "status") == "online"), "node");
        if (node is not null) await _uploads.RemoveSeedAsync(node, machineId, cancellation);
    }

    /// <inheritdoc/>
    public async Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        for (var left = 5; left > 0; left--)
        {
            if (await _finder.FindAsync(machineId, cancellation) is not { } machine) return MachineObservation.Missing;
            if (machine.Building) return new MachineObservation { Power = ObservedPower.Unknown, Detail = "it is being made" };
            // It moved, or went, since it was listed.
            if (await _finder.StatusAsync(machine, cancellation) is not { } status) continue;
            var power = PowerWords.Read(status);
            var runs = power is ObservedPower.On or ObservedPower.Paused;
            return new MachineObservation
            {
                Power = power,
                ProcessId = runs && Fields.Small(status, "pid") is > 0 and var pid ? pid : null,
                FirmwareRan = runs && PowerWords.HasRead(status),
                Detail = PowerWords.Detail(status),
            };
        }

        return new MachineObservation { Power = ObservedPower.Unknown, Detail = "it moves from node to node" };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
        var machines = (await _finder.AllAsync(cancellation)).Where(m => !m.Template).ToList();
        var powers = new Dictionary<int, ObservedPower>();
        foreach (var node in machines.Select(m => m.Node).Distinct(StringComparer.Ordinal))
        {
            // "full": with QEMU's own state, without which a paused machine looks as if it ran.
            foreach (var status in Fields.List(await _client.GetAsync(Form.Path("nodes", node, "qemu"), cancellation, new Form().With("full", true)), "machines"))
                if (Fields.Small(status, "vmid") is { } vmid) powers[vmid] = PowerWords.Read(status);
        }

        return [.. machines.Select(m => new FoundMachine(m.NativeName, m.Id, m.Building ? ObservedPower.Unknown : powers.GetValueOrDefault(m.Vmid, ObservedPower.Unknown)))
            // The same id twice would be a tag that somebody wrote by hand.
            .GroupBy(m => m.MachineId ?? m.NativeName, StringComparer.Ordinal).SelectMany(g => g.Take(1).Concat(g.Skip(1).Select(m => m with { MachineId = null })))];
    }

    /// <summary>The template that a definition names; null where it names none.</summary>
    private async Task<ProxmoxMachine?> TemplateAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        if (MachineParameters.Option(definition, "template") is not { } text) return null;
        var vmid = int.Parse(text, CultureInfo.InvariantCulture);
        return (await _finder.AllAsync(cancellation)).FirstOrDefault(m => m.Vmid == vmid && m.Template)
            ?? throw new HypervisorException(HypervisorErrorKind.Rejected, $"options.template: this host has no template {vmid}");
    }
}
