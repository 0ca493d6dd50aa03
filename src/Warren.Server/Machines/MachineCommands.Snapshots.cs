using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Snapshots;
using Warren.Server.Snapshots.Workflows;
using Warren.Server.Web;

namespace Warren.Server.Machines;

/// <summary>Points that a machine can return to.</summary>
internal sealed partial class MachineCommands
{

    /// <summary>Keeps what its disks hold, and its memory where that is asked for.</summary>
    public Task<OperationRow> TakeSnapshotAsync(MachineRow machine, TakeSnapshotRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        var name = request.Name ?? clock.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        CheckTexts(name, request.Description);
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "kept in a snapshot", MachineState.Running, MachineState.Paused, MachineState.Stopped);
        if (request.Memory && machine.State is MachineState.Stopped)
            throw new RefusedException(Problems.IllegalState($"'{machine.Name}' is stopped and has no memory to keep. Start it, or leave memory out."));
        await DemandCapabilityAsync(machine.Host, "snapshots", "keep snapshots", cancellation);
        var kept = await db.Snapshots.Where(s => s.MachineId == machine.Id).Select(s => s.Name).ToListAsync(cancellation);
        if (kept.Contains(name)) throw new RefusedException(Problems.NameTaken(name));
        if (kept.Count >= options.SnapshotsPerMachine)
            throw new RefusedException(Problems.Of("too-many-snapshots", 409, "Too many", $"'{machine.Name}' has {kept.Count} snapshots and may have no more. Delete one first."));
        await quotas.DemandAsync(machine.OwnerId, machine.ProjectId, new QuotaUse { Snapshots = 1 }, cancellation);
        var row = new SnapshotRow
        {
            Id = Ids.New(clock),
            MachineId = machine.Id,
            Name = name,
            OwnerId = machine.OwnerId,
            ProjectId = machine.ProjectId,
            ParentId = machine.SnapshotId,
            Description = request.Description is { Length: > 0 } text ? text : null,
            Memory = request.Memory,
            CreatedAt = clock.GetUtcNow(),
        };
        db.Snapshots.Add(row);
        return await SaveAsync(queue.Enqueue(TakeSnapshot.Name, "machine", machine.Id, machine.Name, machine, new SnapshotPlan(row.Id, row.Memory)), cancellation);
    }, cancellation);

    /// <summary>Returns to it. What the machine has written since is lost.</summary>
    public Task<OperationRow> RestoreAsync(MachineRow machine, SnapshotRow snapshot, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        // Before anything is looked at: memory that comes back needs room, and a clone must not copy the disks meanwhile.
        await admission.LockAsync(machine.Host, cancellation);
        await DemandIdleAsync(machine, cancellation);
        Demand(machine, "restored", MachineState.Running, MachineState.Paused, MachineState.Stopped, MachineState.Failed, MachineState.Unknown);
        await DemandCapabilityAsync(machine.Host, "snapshots", "return to snapshots", cancellation);
        if (snapshot.Memory) await quotas.DemandAsync(machine.OwnerId, machine.ProjectId, new QuotaUse { RunningMachines = 1 }, cancellation, machine.Id);
        if (snapshot.Memory) await admission.DemandRoomAsync(machine.Host, machine.Id, machine.MemoryMib, cancellation);
        machine.Wanted = snapshot.Memory ? WantedPower.On : WantedPower.Off;
        if (machine.State is MachineState.Running or MachineState.Paused or MachineState.Unknown) machine.MoveTo(MachineState.Stopping);
        return await SaveAsync(queue.Enqueue(RestoreSnapshot.Name, "machine", machine.Id, machine.Name, machine, new SnapshotPlan(snapshot.Id, snapshot.Memory)), cancellation);
    }, cancellation);

    /// <summary>Forgets it; the machine and the other snapshots keep what they hold.</summary>
    public Task<OperationRow> DeleteSnapshotAsync(MachineRow machine, SnapshotRow snapshot, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await DemandIdleAsync(machine, cancellation);
        snapshot.State = SnapshotState.Deleting;
        return await SaveAsync(queue.Enqueue(DeleteSnapshot.Name, "machine", machine.Id, machine.Name, machine, new SnapshotPlan(snapshot.Id, snapshot.Memory)), cancellation);
    }, cancellation);

    /// <summary>Gives it another name or description.</summary>
    public Task<SnapshotRow> EditSnapshotAsync(SnapshotRow snapshot, EditSnapshotRequest request, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        var name = request.Name ?? snapshot.Name;
        CheckTexts(name, request.Description);
        if (name != snapshot.Name && await db.Snapshots.AnyAsync(s => s.MachineId == snapshot.MachineId && s.Name == name, cancellation))
            throw new RefusedException(Problems.NameTaken(name));
        snapshot.Name = name;
        if (request.Description is { } text) snapshot.Description = text.Length > 0 ? text : null;
        await db.SaveChangesAsync(cancellation);
        return snapshot;
    }, cancellation);

    private static void CheckTexts(string name, string? description)
    {
        var check = new Check();
        check.That(Names.IsLabel(name), "name", Names.LabelRule);
        check.Description(description);
        check.Throw();
    }
}
