using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Images.Golden;

/// <summary>Golden images as the API shows them.</summary>
internal static class GoldenImageViews
{
    public static async Task<List<GoldenImage>> LoadAsync(WarrenDb db, IQueryable<GoldenImageRow> rows, CancellationToken cancellation)
        => await ViewAsync(db, await rows.ToListAsync(cancellation), cancellation);

    public static async Task<List<GoldenImage>> ViewAsync(WarrenDb db, IReadOnlyList<GoldenImageRow> rows, CancellationToken cancellation)
    {
        var ids = rows.Select(g => g.Id).ToList();
        var (owners, projects) = (rows.Select(g => g.OwnerId).Distinct().ToList(), rows.Select(g => g.ProjectId).Distinct().ToList());
        var ownerNames = await db.Users.AsNoTracking().Where(u => owners.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        var projectNames = await db.Projects.AsNoTracking().Where(p => projects.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        var live = await db.Operations.AsNoTracking().Where(o => o.Live && ids.Contains(o.SubjectId)).ToDictionaryAsync(o => o.SubjectId, o => o.Id, cancellation);
        return [.. rows.Select(row => new GoldenImage
        {
            Id = row.Id,
            Name = row.Name,
            Version = row.LineageVersion,
            Owner = ownerNames[row.OwnerId],
            Project = projectNames[row.ProjectId],
            Host = row.Host,
            MachineId = row.MachineId,
            Machine = row.MachineName,
            ParentId = row.ParentId,
            Kind = row.Kind,
            State = row.State,
            Description = row.Description,
            Prepare = row.Prepare,
            MarkReadyByHand = row.MarkReadyByHand,
            Image = row.ImageName.Length == 0 ? null : row.ImageName,
            Spec = row.ToSpec(),
            MachinesMade = row.MachinesMade,
            Operation = live.GetValueOrDefault(row.Id),
            Problem = row.Problem,
            CreatedAt = row.CreatedAt,
            ReadyAt = row.ReadyAt,
        })];
    }

    /// <summary>NAME@VERSION by id.</summary>
    public static async Task<Dictionary<string, string>> ReferencesAsync(WarrenDb db, IReadOnlyCollection<string> ids, CancellationToken cancellation)
        => (await db.GoldenImages.AsNoTracking().Where(g => ids.Contains(g.Id)).Select(g => new { g.Id, g.Name, g.LineageVersion }).ToListAsync(cancellation))
            .ToDictionary(g => g.Id, g => $"{g.Name}@{g.LineageVersion}", StringComparer.Ordinal);
}
