using Microsoft.EntityFrameworkCore;
using Warren.Hypervisors;
using Warren.Server.Database;

namespace Warren.Server.Snapshots;

/// <summary>The host knows which snapshot lies upon which; the rows follow it.</summary>
internal static class SnapshotTree
{
    /// <summary>The rows of a machine's snapshots, each with the parent that its host tells.</summary>
    public static async Task<List<SnapshotRow>> FollowAsync(WarrenDb db, string machineId, IReadOnlyList<MachineSnapshot> tree, CancellationToken cancellation)
    {
        var rows = await db.Snapshots.Where(s => s.MachineId == machineId).ToListAsync(cancellation);
        foreach (var row in rows)
            if (tree.FirstOrDefault(s => s.Id == row.Id) is { } told) row.ParentId = told.ParentId;
        return rows;
    }
}
