namespace Warren.Hypervisors.Fake;

/// <summary>
/// An imitation without guests: strict states, delays by the clock, failures on request. It boots nothing and says so;
/// it serves tests of everything above the driver, and demonstrations.
/// </summary>
public sealed class FakeHypervisor : IHypervisor
{
    private readonly FakeOptions _options;
    private readonly TimeProvider _clock;
    private readonly FakeStore _store;
    private static int s_lastProcess = 1_000_000;

    // One for all: drivers that share a folder imitate one host, and a host does one thing at a time.
    private static readonly Lock s_lock = new();

    /// <summary>Creates a host without machines, or with those of <see cref="FakeOptions.Folder"/>.</summary>
    public FakeHypervisor(FakeOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _store = new FakeStore(options.Folder);
        Guest = new FakeGuest(this, options, clock);
        Serial = new FakeSerial(this);
        Power = new FakePower(this);
        Resize = new FakeResize(this);
    }

    /// <summary>Where failures are planned and calls are noted.</summary>
    public FakeFaults Faults { get; } = new();

    /// <inheritdoc/>
    public string Kind => "fake";

    /// <inheritdoc/>
    public IGuest? Guest { get; }

    /// <inheritdoc/>
    public ISerial? Serial { get; }

    /// <inheritdoc/>
    public IPower? Power { get; }

    /// <inheritdoc/>
    public IResize? Resize { get; }

    /// <inheritdoc/>
    public async Task<HostProbe> ProbeAsync(CancellationToken cancellation)
    {
        await EnterAsync("Probe", null, cancellation);
        return new HostProbe("1", "none", "an imitation: no guest ever runs", _options.Capacity,
            new Dictionary<string, string>(StringComparer.Ordinal), []);
    }

    /// <inheritdoc/>
    public async Task CreateAsync(MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        await EnterAsync("Create", definition.Id, cancellation);
        if (!File.Exists(definition.Boot.Path))
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"boot.path: the file {definition.Boot.Path} does not exist");
        lock (s_lock)
        {
            var known = Find(definition.Id);
            if (known is null) _store.Put(new FakeMachine { Definition = definition });
            else if (!known.Runs) _store.Put(known with { Definition = definition });
        }

        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task StartAsync(MachineDefinition definition, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        await EnterAsync("Start", definition.Id, cancellation);
        lock (s_lock)
        {
            var machine = Require(definition.Id);
            if (machine.Runs) return;
            InsistOnFreePorts(definition);
            _store.Put(machine.Started(_clock.GetUtcNow(), definition, Interlocked.Increment(ref s_lastProcess)));
        }
    }

    /// <inheritdoc/>
    public Task StopAsync(string machineId, CancellationToken cancellation) => ChangeAsync("Stop", machineId, machine => machine.Runs
        ? machine with { Power = ObservedPower.On, DownAt = machine.DownAt ?? _clock.GetUtcNow() + _options.ShutdownTakes }
        : machine, cancellation);

    /// <inheritdoc/>
    public Task KillAsync(string machineId, CancellationToken cancellation) =>
        ChangeAsync("Kill", machineId, machine => machine.Stopped(), cancellation);

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        await EnterAsync("Delete", machineId, cancellation);
        lock (s_lock) _store.Remove(machineId);
    }

    /// <inheritdoc/>
    public async Task<MachineObservation> ObserveAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        await EnterAsync("Observe", machineId, cancellation);
        lock (s_lock)
        {
            return Find(machineId) is { } machine
                ? new MachineObservation { Power = machine.Power, FirmwareRan = machine.Runs, ProcessId = machine.Runs ? machine.ProcessId : null }
                : MachineObservation.Missing;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<FoundMachine>> ListAsync(CancellationToken cancellation)
    {
        await EnterAsync("List", null, cancellation);
        lock (s_lock) return [.. _store.Ids().Select(id => new FoundMachine(id, id, Find(id)!.Power))];
    }

    /// <summary>One change of one machine, with delay and failures as planned.</summary>
    internal async Task ChangeAsync(string call, string machineId, Func<FakeMachine, FakeMachine> change, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        await EnterAsync(call, machineId, cancellation);
        lock (s_lock) _store.Put(change(Require(machineId)));
    }

    /// <summary>One look at one machine that must exist, with delay and failures as planned.</summary>
    internal async Task<FakeMachine> LookAsync(string call, string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        await EnterAsync(call, machineId, cancellation);
        lock (s_lock) return Require(machineId);
    }

    private async Task EnterAsync(string call, string? machineId, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_options.Delays.TryGetValue(call, out var delay)) await Task.Delay(delay, _clock, cancellation);
        await Faults.PassAsync(call, machineId, cancellation);
    }

    private FakeMachine? Find(string id) => _store.Find(id)?.At(_clock.GetUtcNow());

    private FakeMachine Require(string id) =>
        Find(id) ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");

    private void InsistOnFreePorts(MachineDefinition definition)
    {
        var taken = _store.Ids().Where(id => id != definition.Id).Select(id => Find(id)!).Where(m => m.Runs)
            .SelectMany(m => m.Definition.Forwards).Select(f => (f.Protocol, f.HostAddress, f.HostPort)).ToHashSet();
        foreach (var forward in definition.Forwards)
        {
            if (taken.Contains((forward.Protocol, forward.HostAddress, forward.HostPort)))
                throw new HypervisorException(HypervisorErrorKind.Busy, $"port {forward.HostPort} ({forward.Protocol}) is taken");
        }
    }
}
