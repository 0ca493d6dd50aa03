using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Images.Golden;

/// <summary>
/// Who needs a golden image: while anybody does, it cannot be deleted. The one place to ask; pools that fill from it answer here too.
/// </summary>
internal static class GoldenImageUse
{
    private const int Named = 5;

    /// <summary>Its users as people call them, the first few of each kind; none when it is free.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(WarrenDb db, string id, CancellationToken cancellation)
    {
        var machines = await db.Machines.Where(m => m.GoldenImageId == id).OrderBy(m => m.Name).Select(m => m.Name).Take(Named).ToListAsync(cancellation);
        return [.. machines.Select(m => $"machine {m}"), .. (await PoolsAsync(db, id, cancellation)).Select(p => $"pool {p}")];
    }

    /// <summary>Pools that fill from it: by its id, by its version, or by its name while no other version of that is ready.</summary>
    private static async Task<IEnumerable<string>> PoolsAsync(WarrenDb db, string id, CancellationToken cancellation)
    {
        if (await db.GoldenImages.AsNoTracking().SingleOrDefaultAsync(g => g.Id == id, cancellation) is not { } image) return [];
        var last = !await db.GoldenImages.AnyAsync(
            g => g.Id != id && g.ProjectId == image.ProjectId && g.Name == image.Name && g.State == GoldenImageState.Ready, cancellation);
        var pools = await db.Pools.AsNoTracking().OrderBy(p => p.Name).ToListAsync(cancellation);
        return pools.Where(p => p.Machine.GoldenImage is { } named
            && (named == id || (p.ProjectId == image.ProjectId && (named == image.Reference || (last && named == image.Name))))).Select(p => p.Name).Take(Named);
    }
}
