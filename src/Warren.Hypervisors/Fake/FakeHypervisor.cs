namespace Warren.Hypervisors.Fake;

/// <summary>
/// An imitation without guests: strict states, delays by the clock, failures on request. It boots nothing and says so;
/// it serves tests of everything above the driver, and demonstrations.
/// </summary>
public sealed partial class FakeHypervisor : IHypervisor, IOwnProcesses
{
    private readonly FakeOptions _options;
    private readonly TimeProvider _clock;
    private readonly FakeState _state;

    // One for all: drivers that share a folder imitate one host, and a host does one thing at a time.
    private static readonly Lock s_lock = new();

    /// <summary>Creates a host without machines, or with those of <see cref="FakeOptions.Folder"/>.</summary>
    public FakeHypervisor(FakeOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _state = new FakeState(new FakeStore(options.Folder), clock);
        Typed = new FakeKeys();
        Uses = new FakeUses();
        Screen = new FakeScreen(this, Typed, clock);
        Serial = new FakeSerial(this);
        Ports = new FakePorts(this);
        var guest = new FakeGuest(this, options, clock);
        Guest = guest;
        Power = new FakePower(this);
        Clipboard = new FakeClipboard(this);
        Suspend = new FakeSuspend(this);
        Resize = new FakeResize(this);
        Addresses = new FakeAddresses(this, options, clock);
        Autostart = new FakeAutostart(this);
        Snapshots = new FakeSnapshots(this);
        Clones = new FakeClones(this);
        Forks = new FakeForks(this, guest);
        Migration = new FakeMigration(this);
        Networks = new FakeNetworks(this);
        Storage = new FakeStorage(this, options);
        Changes = new FakeChanges(this);
        Adoption = new FakeAdoption(this);
        Activity = new FakeActivity(this, Uses, clock);
        Memory = new FakeMemory(this, options);
    }

    /// <summary>Where failures are planned and calls are noted.</summary>
    public FakeFaults Faults { get; } = new();

    /// <summary>How much machines are used.</summary>
    public FakeUses Uses { get; }

    /// <summary>What is free on the host.</summary>
    public FakeMemory Memory { get; }

    /// <summary>Keys that were typed on screens.</summary>
    public FakeKeys Typed { get; }

    /// <inheritdoc/>
    public string Kind => "fake";

    /// <inheritdoc/>
    public async Task<HostProbe> ProbeAsync(CancellationToken cancellation)
    {
        await RunAsync("Probe", null, _ => true, cancellation);
        return new HostProbe("1", "none", "an imitation: no guest ever runs", _options.Capacity,
            new Dictionary<string, string>(StringComparer.Ordinal), []);
    }

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        await RunAsync("Create", definition.Id, state => state.Create(definition), cancellation);
        progress.Report(1);
    }

    /// <inheritdoc/>
    public Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        return RunAsync("Start", definition.Id, state => state.Start(definition), cancellation);
    }

    /// <inheritdoc/>
    public Task StopAsync(string machineId, CancellationToken cancellation) => ChangeAsync("Stop", machineId, machine => machine.Runs
        ? machine with { Power = ObservedPower.On, DownAt = machine.DownAt ?? _clock.GetUtcNow() + _options.ShutdownTakes }
        : machine.Stopped(), cancellation);

    /// <inheritdoc/>
    public Task KillAsync(string machineId, CancellationToken cancellation) =>
        ChangeAsync("Kill", machineId, machine => machine.Stopped(), cancellation);

    /// <inheritdoc/>
    public Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return RunAsync("Delete", machineId, state => state.Store.Remove(machineId), cancellation);
    }

    /// <inheritdoc/>
    public Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return RunAsync("Observe", machineId, state => state.Find(machineId) is { } machine
            ? new MachineObservation { Power = machine.Power, FirmwareRan = machine.Runs, ProcessId = machine.Runs ? machine.ProcessId : null }
            : MachineObservation.Missing, cancellation);
    }

    /// <inheritdoc/>
    public bool HasEnded(string machineId)
    {
        try
        {
            return Do(state => state.Find(machineId) is not { Runs: true });
        }
        catch (HypervisorException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation) => RunAsync<IReadOnlyList<FoundMachine>>("List", null, state =>
        [.. state.All().Select(m => new FoundMachine(m.NativeName ?? m.Definition.Id, m.Foreign ? null : m.Definition.Id, m.Power))], cancellation);

    /// <summary>One change of one machine, with delay and failures as planned.</summary>
    internal Task ChangeAsync(string call, string machineId, Func<FakeMachine, FakeMachine> change, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return RunAsync(call, machineId, state => state.Change(machineId, change), cancellation);
    }

    /// <summary>One look at one machine that must exist, with delay and failures as planned.</summary>
    internal Task<FakeMachine> LookAsync(string call, string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return RunAsync(call, machineId, state => state.Require(machineId), cancellation);
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    internal Task RunAsync(string call, string? machineId, Action<FakeState> act, CancellationToken cancellation) => RunAsync(call, machineId, state =>
    {
        act(state);
        return true;
    }, cancellation);

    /// <summary>One call: its delay and failures as planned, then the act itself, with nothing beside it.</summary>
    internal async Task<T> RunAsync<T>(string call, string? machineId, Func<FakeState, T> act, CancellationToken cancellation)
    {
        await EnterAsync(call, machineId, cancellation);
        return Do(act);
    }

    /// <summary>Something that is no call of its own: no delay, no planned failure.</summary>
    /// <exception cref="HypervisorException">Unreachable when the imitated host is away.</exception>
    internal T Do<T>(Func<FakeState, T> act)
    {
        lock (s_lock)
        {
            _state.Store.InsistOnFolder();
            return act(_state);
        }
    }

    /// <summary>Ends when the machine no longer is in the run that has this process number.</summary>
    internal async Task WaitForEndAsync(string machineId, int processId, CancellationToken cancellation)
    {
        while (true)
        {
            var next = _state.Store.Signal.Next;
            var machine = Do(state => state.Find(machineId));
            if (machine is null || machine.ProcessId != processId) return;
            await FakeSignal.WaitAsync(next, machine.DownAt, _clock, cancellation);
        }
    }

    /// <summary>Waits until anything on the host may have changed since <paramref name="next"/> was taken.</summary>
    internal Task WaitForChangeAsync(Task next, CancellationToken cancellation) =>
        FakeSignal.WaitAsync(next, Do(state => state.All().Min(m => m.DownAt)), _clock, cancellation);

    private async Task EnterAsync(string call, string? machineId, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_options.Delays.TryGetValue(call, out var delay)) await Task.Delay(delay, _clock, cancellation);
        await Faults.PassAsync(call, machineId, cancellation);
    }
}
