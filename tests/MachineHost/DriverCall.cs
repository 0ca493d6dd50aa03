using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;

namespace MachineHost;

/// <summary>One call about snapshots, clones and suspension, for another process to make.</summary>
/// <param name="Verb">create, restore or delete (of a snapshot), clone, suspend or start.</param>
/// <param name="MachineId">The machine; the source of a clone. The definition of what is made or started comes by itself.</param>
/// <param name="SnapshotId">The snapshot, where it is about one.</param>
/// <param name="Memory">With memory.</param>
public sealed record DriverCall(string Verb, string MachineId, string SnapshotId, bool Memory)
{
    /// <summary>Makes the call.</summary>
    public Task RunAsync(QemuHypervisor driver, MachineDefinition definition) => Verb switch
    {
        "create" => driver.Snapshots!.CreateAsync(MachineId, SnapshotId, Memory, CancellationToken.None),
        "restore" => driver.Snapshots!.RestoreAsync(MachineId, SnapshotId, null, CancellationToken.None),
        "delete" => driver.Snapshots!.DeleteAsync(MachineId, SnapshotId, CancellationToken.None),
        "clone" => driver.Clones!.CloneAsync(MachineId, definition, new Progress<double>(), CancellationToken.None),
        "suspend" => driver.Suspend!.SuspendAsync(MachineId, CancellationToken.None),
        "start" => driver.StartAsync(definition, CancellationToken.None),
        _ => throw new ArgumentOutOfRangeException(nameof(definition), Verb, "no such verb"),
    };
}
