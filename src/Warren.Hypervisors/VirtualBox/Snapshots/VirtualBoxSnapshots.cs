using Warren.Hypervisors.VirtualBox.Machines;
using Warren.Hypervisors.VirtualBox.Tool;

namespace Warren.Hypervisors.VirtualBox.Snapshots;

/// <summary>Snapshots of VirtualBox. Those of a running machine always hold its memory, and only those do.</summary>
internal sealed class VirtualBoxSnapshots(BoxManage box, BoxMachines machines, MachinePower power, VirtualBoxOptions options, TimeProvider clock) : ISnapshots
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<MachineSnapshot>> ListAsync(string machineId, CancellationToken cancellation) =>
        await ListAsync(await machines.RequireAsync(machineId, cancellation), cancellation);

    /// <inheritdoc/>
    public async Task CreateAsync(string machineId, string snapshotId, bool memory, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        using var turn = await EnterAsync(machineId, cancellation);
        var info = await machines.RequireAsync(machineId, cancellation);
        if (info.Power == ObservedPower.Suspended) throw SuspendRules.Refusal(machineId, "snapshotted");
        if ((await ListAsync(info, cancellation)).Any(s => s.Id == snapshotId)) return;
        if (memory && info.IsOff) throw new HypervisorException(HypervisorErrorKind.Rejected, $"machine {machineId} is off and has no memory to keep");
        if (!memory && !info.IsOff)
            throw new HypervisorException(HypervisorErrorKind.Unsupported, "VirtualBox keeps the memory of a machine that runs: stop it first, or take the snapshot with memory");
        List<string> line = ["snapshot", info.Uuid!, "take", snapshotId, "--description", SnapshotList.Describe(clock.GetUtcNow(), memory)];
        // Without it the guest stands still while its memory is written.
        if (info.Power == ObservedPower.On) line.Add("--live");
        await box.ChangeAsync(line, cancellation);
    }

    /// <inheritdoc/>
    public async Task RestoreAsync(string machineId, string snapshotId, MachineDefinition? wanted, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        using var turn = await EnterAsync(machineId, cancellation);
        var info = await machines.RequireAsync(machineId, cancellation);
        if (info.Power == ObservedPower.Suspended) throw SuspendRules.Refusal(machineId, "restored");
        var snapshot = (await ListAsync(info, cancellation)).FirstOrDefault(s => s.Id == snapshotId)
            ?? throw new HypervisorException(HypervisorErrorKind.NotFound, $"machine {machineId} has no snapshot {snapshotId}");
        await power.EndAsync(info, machineId, cancellation);
        await box.ChangeAsync(["snapshot", info.Uuid!, "restore", snapshotId], cancellation);
        if (snapshot.Memory) await power.RunAsync(machineId, wanted is null ? options.Frontend : MachineSettings.Option(wanted, "frontend") ?? options.Frontend, cancellation);
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string machineId, string snapshotId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(snapshotId);
        using var turn = await EnterAsync(machineId, cancellation);
        if (await machines.FindAsync(machineId, cancellation) is not { } info) return;
        var said = await SayAsync(info, cancellation);
        if (SnapshotList.Parse(said).All(s => s.Id != snapshotId)) return;
        if (SnapshotList.ChildrenOf(said, snapshotId) > 1)
            throw new HypervisorException(HypervisorErrorKind.Rejected, $"VirtualBox does not delete a snapshot on which several stand: delete all but one of those on {snapshotId} first");
        await box.ChangeAsync(["snapshot", info.Uuid!, "delete", snapshotId], cancellation);
    }

    private async Task<IDisposable> EnterAsync(string machineId, CancellationToken cancellation)
    {
        DefinitionRules.CheckId(machineId);
        return await Gates.EnterAsync(options.Place, machineId, cancellation);
    }

    private async Task<IReadOnlyList<MachineSnapshot>> ListAsync(VmInfo info, CancellationToken cancellation) => SnapshotList.Parse(await SayAsync(info, cancellation));

    /// <summary>Without snapshots VBoxManage ends with an error that names no code, so that it is asked only where there are some.</summary>
    private async Task<string> SayAsync(VmInfo info, CancellationToken cancellation) =>
        info.CurrentSnapshot is null ? "" : await box.AskAsync(["snapshot", info.Uuid!, "list", "--machinereadable"], "snapshot list", cancellation);
}
