namespace Warren.Hypervisors.Fake;

/// <summary>What the host holds and the rules between its parts. Only used under the host's lock.</summary>
internal sealed class FakeState(FakeStore store, TimeProvider clock)
{
    private static int s_lastProcess = 1_000_000;

    internal FakeStore Store => store;

    internal DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>One of our machines as it is now.</summary>
    internal FakeMachine? Find(string id) => store.Find<FakeMachine>(id)?.At(Now);

    internal FakeMachine Require(string id) =>
        Find(id) ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {id} on this host");

    internal FakeMachine RequireRunning(string id) => Require(id) is { Runs: true } machine
        ? machine
        : throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {id} does not run");

    /// <summary>All machines as they are now, ours and foreign.</summary>
    internal IEnumerable<FakeMachine> All() => store.Keys()
        .Where(k => !k.Contains('-') || k.StartsWith(FakeMachine.ForeignPrefix, StringComparison.Ordinal))
        .Select(k => store.Find<FakeMachine>(k)!.At(Now));

    internal void Put(FakeMachine machine) => store.Put(machine.Key, machine);

    internal void Change(string id, Func<FakeMachine, FakeMachine> change) => Put(change(Require(id)));

    /// <summary>Makes a machine exist, stopped; one that runs is left alone.</summary>
    internal void Create(MachineDefinition definition)
    {
        Check(definition);
        var known = Find(definition.Id);
        if (known is null) Put(new FakeMachine { Definition = definition });
        else if (known is { Runs: false, IsSuspended: false }) Put(known with { Definition = definition });
    }

    /// <summary>Makes a machine run; one that runs is left alone.</summary>
    internal void Start(MachineDefinition definition)
    {
        var machine = Require(definition.Id);
        if (machine.Runs) return;
        if (machine.IsSuspended) SuspendRules.CheckFits(machine.Definition, definition);
        Check(definition);
        InsistOnFreePorts(definition);
        Put(machine.Started(Now, definition, NextProcess()));
    }

    /// <summary>A number for a process that begins now.</summary>
    internal static int NextProcess() => Interlocked.Increment(ref s_lastProcess);

    /// <summary>Insists on what the definition needs of this host.</summary>
    /// <exception cref="HypervisorException">Rejected.</exception>
    internal void Check(MachineDefinition definition)
    {
        InsistOnFile("boot.path", definition.Boot.Path);
        foreach (var disk in definition.DataDisks)
        {
            if (disk.ExistingPath is not null) InsistOnFile("dataDisks.existingPath", disk.ExistingPath);
        }

        if (definition.Network is { } network && FakeNetworks.Find(store, network) is null)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"network: there is no network {network} on this host");
    }

    /// <summary>Insists that no other running machine holds a port.</summary>
    /// <exception cref="HypervisorException">Busy, naming the port.</exception>
    internal void InsistOnFreePorts(MachineDefinition definition)
    {
        var taken = All().Where(m => m.Runs && m.Key != definition.Id)
            .SelectMany(m => m.Definition.Forwards).Select(f => (f.Protocol, f.HostAddress, f.HostPort)).ToHashSet();
        foreach (var forward in definition.Forwards)
        {
            if (taken.Contains((forward.Protocol, forward.HostAddress, forward.HostPort)))
                throw new HypervisorException(HypervisorErrorKind.Busy, $"port {forward.HostPort} ({forward.Protocol}) is taken");
        }
    }

    private static void InsistOnFile(string field, string path)
    {
        if (!File.Exists(path)) throw new HypervisorException(HypervisorErrorKind.Rejected, $"{field}: the file {path} does not exist");
    }
}
