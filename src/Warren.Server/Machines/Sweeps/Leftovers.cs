using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Images.Golden.Workflows;
using Warren.Server.Machines.Workflows;

namespace Warren.Server.Machines.Sweeps;

/// <summary>Of what is on a host and in no row: what this server has made there and deleted or taken back since a time.</summary>
internal static class Leftovers
{
    private static readonly string[] Made = [LaunchMachine.Name, LaunchGolden.Name, CloneMachine.Name, BuildGoldenImage.Name];

    /// <param name="db">Where operations are remembered.</param>
    /// <param name="host">The host.</param>
    /// <param name="found">Ids of machines and warm images on it.</param>
    /// <param name="since">How long ago their operation may have ended.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<HashSet<string>> OfAsync(WarrenDb db, string host, IReadOnlyCollection<string> found, DateTimeOffset since, CancellationToken cancellation)
    {
        var known = await db.Machines.Where(m => found.Contains(m.Id)).Select(m => m.Id)
            .Union(db.GoldenImages.Where(g => found.Contains(g.Id)).Select(g => g.Id)).ToListAsync(cancellation);
        var strange = found.Except(known, StringComparer.Ordinal).ToList();
        if (strange.Count == 0) return [];
        var ours = db.Operations.Where(o => strange.Contains(o.SubjectId) && Made.Contains(o.Kind)).Select(o => o.SubjectId);
        var ended = await db.Operations.AsNoTracking()
            .Where(o => ours.Contains(o.SubjectId) && o.EndedAt > since && (
                ((o.Kind == DeleteMachine.Name || o.Kind == DeleteGoldenImage.Name) && o.Status == OperationStatus.Succeeded)
                || ((o.Kind == LaunchMachine.Name || o.Kind == LaunchGolden.Name || o.Kind == BuildGoldenImage.Name) && o.Status == OperationStatus.Cancelled)
                || (o.Kind == CloneMachine.Name && (o.Status == OperationStatus.Cancelled || o.Status == OperationStatus.Failed))))
            .Select(o => o.SubjectId).Distinct().ToListAsync(cancellation);
        var gone = ended.ToHashSet(StringComparer.Ordinal);
        // One operation makes many forks, and the warm image between. They are known by its notes; those that were deleted since have no row either.
        var forked = await db.Operations.AsNoTracking().Where(o => o.Host == host && o.Kind == ForkMachine.Name && o.EndedAt > since).ToListAsync(cancellation);
        foreach (var plan in forked.Select(o => o.Data<ForkPlan>())) gone.UnionWith([plan.WarmImageId, .. plan.Parts.Select(p => p.Id)]);
        gone.IntersectWith(strange);
        return gone;
    }
}
