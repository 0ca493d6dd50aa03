namespace Warren.Hypervisors.Fake;

/// <summary>Snapshots as lists of the guest's files.</summary>
internal sealed class FakeSnapshots(FakeHypervisor host) : ISnapshots
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation) =>
        [.. (await host.LookAsync("ListSnapshots", machineId, cancellation)).Snapshots
            .Select(s => new MachineSnapshot(s.Id, s.ParentId, s.CreatedAt, s.Memory))];

    /// <inheritdoc/>
    public Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation) =>
        ChangeAsync("CreateSnapshot", machineId, snapshotId, (machine, now) =>
        {
            if (machine.Snapshots.Any(s => s.Id == snapshotId)) return machine;
            if (!machine.Unless("kept in a snapshot").Runs && memory)
                throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machineId} is off: there is no memory to keep");
            var snapshot = new FakeSnapshot(snapshotId, machine.CurrentSnapshot, now, memory, machine.Files);
            return machine with { Snapshots = [.. machine.Snapshots, snapshot], CurrentSnapshot = snapshotId };
        }, cancellation);

    /// <inheritdoc/>
    public Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation)
    {
        Check(machineId, snapshotId);
        return host.RunAsync("RestoreSnapshot", machineId, state =>
        {
            var machine = state.Require(machineId);
            var snapshot = machine.Snapshots.FirstOrDefault(s => s.Id == snapshotId)
                ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} has no snapshot {snapshotId}");
            machine.Unless("restored");
            if (snapshot.Memory) state.InsistOnFreePorts(machine.Definition);
            var restored = machine.Stopped() with { Files = snapshot.Files, CurrentSnapshot = snapshotId };
            state.Put(snapshot.Memory ? restored.Started(state.Now, machine.Definition, FakeState.NextProcess()) : restored);
        }, cancellation);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation) =>
        ChangeAsync("DeleteSnapshot", machineId, snapshotId, (machine, _) =>
        {
            var gone = machine.Snapshots.FirstOrDefault(s => s.Id == snapshotId);
            if (gone is null) return machine;
            return machine with
            {
                Snapshots = [.. machine.Snapshots.Where(s => s != gone).Select(s => s.ParentId == snapshotId ? s with { ParentId = gone.ParentId } : s)],
                CurrentSnapshot = machine.CurrentSnapshot == snapshotId ? gone.ParentId : machine.CurrentSnapshot,
            };
        }, cancellation);

    private Task ChangeAsync(
        string call, string machineId, string snapshotId, Func<FakeMachine, DateTimeOffset, FakeMachine> change, CancellationToken cancellation)
    {
        Check(machineId, snapshotId);
        return host.RunAsync(call, machineId, state => state.Change(machineId, machine => change(machine, state.Now)), cancellation);
    }

    private static void Check(string machineId, string snapshotId)
    {
        DefinitionRules.CheckId(machineId);
        DefinitionRules.CheckId(snapshotId);
    }
}
