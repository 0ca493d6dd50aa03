namespace Warren.Hypervisors.Fake;

/// <summary>New machines with a copy of another's files.</summary>
internal sealed class FakeClones(FakeHypervisor host) : IClones
{
    /// <inheritdoc/>
    public async Task CloneAsync(string sourceId, MachineDefinition definition, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(sourceId);
        DefinitionRules.Check(definition, FakeKind.Kind);
        await host.RunAsync("Clone", definition.Id, state =>
        {
            // Made already: what it has written since must stay.
            if (state.Find(definition.Id) is not null) return;
            var source = state.Require(sourceId);
            if (source.Unless("cloned").Runs) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {sourceId} runs; stop it before it is cloned");
            state.Check(definition);
            state.Put(new FakeMachine { Definition = definition, Files = source.Files });
        }, cancellation);
        progress.Report(1);
    }

    /// <inheritdoc/>
    public async Task FlattenAsync(string machineId, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        await host.RunAsync("Flatten", machineId, state =>
        {
            if (state.Require(machineId).Unless("flattened").Runs) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machineId} runs; stop it before its disks are flattened");
        }, cancellation);
        progress.Report(1);
    }
}

/// <summary>Moves between two imitated hosts.</summary>
internal sealed class FakeMigration(FakeHypervisor host) : IMigration
{
    /// <inheritdoc/>
    public async Task MigrateAsync(MachineDefinition definition, IHypervisor destination, IProgress<double> progress, CancellationToken cancellation)
    {
        DefinitionRules.Check(definition, FakeKind.Kind);
        if (destination is not FakeHypervisor other)
        {
            throw new HypervisorException(HypervisorErrorKind.Unsupported,
                $"a machine of this host cannot move to a host of the kind {destination.Kind}");
        }

        await host.RunAsync("Migrate", definition.Id, here => other.Do(there =>
        {
            var arrived = there.Find(definition.Id);
            if (here.Find(definition.Id) is not { } machine)
            {
                return arrived is { Runs: true } ? true
                    : throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine {definition.Id} on this host");
            }

            if (!machine.Runs) throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {definition.Id} does not run");
            if (arrived is not null) throw new HypervisorException(HypervisorErrorKind.Rejected, $"the destination has a machine {definition.Id} already");
            there.Check(machine.Definition);
            there.InsistOnFreePorts(machine.Definition);
            there.Put(machine with { ProcessId = FakeState.NextProcess() });
            here.Store.Remove(definition.Id);
            return true;
        }), cancellation);
        progress.Report(1);
    }
}

/// <summary>Gives strangers our mark; nothing else of them changes.</summary>
internal sealed class FakeAdoption(FakeHypervisor host) : IAdoption
{
    /// <inheritdoc/>
    public Task<AdoptedMachine> AdoptAsync(string nativeName, string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return host.RunAsync("Adopt", machineId, state =>
        {
            var machine = state.All().FirstOrDefault(m => (m.NativeName ?? m.Definition.Id) == nativeName)
                ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"there is no machine of that name on this host");
            if (!machine.Foreign && machine.Definition.Id != machineId)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"the machine is ours already, as {machine.Definition.Id}");
            if (machine.Foreign && state.Find(machineId) is not null)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"there is another machine {machineId} on this host");
            var ours = machine with { Foreign = false, Definition = machine.Definition with { Id = machineId } };
            state.Put(ours);
            if (machine.Foreign) state.Store.Remove(machine.Key);
            var of = ours.Definition;
            return new AdoptedMachine(of.MemoryMiB, of.Cpus, of.DiskGiB, of.MacAddress, ours.Power);
        }, cancellation);
    }
}
