namespace Warren.Contracts;

/// <summary>Snapshots of machines.</summary>
public sealed partial class WarrenClient
{
    /// <summary>A machine's snapshots, oldest first.</summary>
    public IAsyncEnumerable<Snapshot> ListSnapshotsAsync(string machine, CancellationToken cancellation = default)
        => PagesAsync<Snapshot>($"/machines/{Segment(machine)}/snapshots", cancellation);

    /// <summary>Keeps what a machine's disks hold, and its memory where that is asked for.</summary>
    public Task<Operation> TakeSnapshotAsync(string machine, TakeSnapshotRequest request, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/snapshots", request, cancellation);

    /// <summary>Gives a snapshot another name or description.</summary>
    public Task<Snapshot> EditSnapshotAsync(string machine, string snapshot, EditSnapshotRequest request, CancellationToken cancellation = default)
        => PatchAsync<Snapshot>($"/machines/{Segment(machine)}/snapshots/{Segment(snapshot)}", request, cancellation);

    /// <summary>Returns to a snapshot; what the machine wrote since is lost.</summary>
    public Task<Operation> RestoreSnapshotAsync(string machine, string snapshot, CancellationToken cancellation = default)
        => PostAsync<Operation>($"/machines/{Segment(machine)}/snapshots/{Segment(snapshot)}/restore", null, cancellation);

    /// <summary>Forgets a snapshot; the machine and its other snapshots keep what they hold.</summary>
    public Task<Operation> DeleteSnapshotAsync(string machine, string snapshot, CancellationToken cancellation = default)
        => DeleteAsync<Operation>($"/machines/{Segment(machine)}/snapshots/{Segment(snapshot)}", cancellation);
}
