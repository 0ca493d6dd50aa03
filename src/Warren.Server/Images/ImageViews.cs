using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Images;

/// <summary>Images as the API shows them.</summary>
internal static class ImageViews
{
    public static async Task<List<Image>> LoadAsync(WarrenDb db, IQueryable<ImageRow> rows, CancellationToken cancellation)
        => await ViewAsync(db, await rows.ToListAsync(cancellation), cancellation);

    public static async Task<List<Image>> ViewAsync(WarrenDb db, IReadOnlyList<ImageRow> images, CancellationToken cancellation)
    {
        var ids = images.Select(i => i.Id).ToList();
        var (owners, projects) = (images.Select(i => i.OwnerId).Distinct().ToList(), images.Select(i => i.ProjectId).Distinct().ToList());
        var ownerNames = await db.Users.AsNoTracking().Where(u => owners.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.Name, cancellation);
        var projectNames = await db.Projects.AsNoTracking().Where(p => projects.Contains(p.Id)).ToDictionaryAsync(p => p.Id, p => p.Name, cancellation);
        var live = await db.Operations.AsNoTracking().Where(o => o.Live && ids.Contains(o.SubjectId))
            .ToDictionaryAsync(o => o.SubjectId, o => o.Id, cancellation);
        return [.. images.Select(row => new Image
        {
            Id = row.Id,
            Name = row.Name,
            Owner = ownerNames[row.OwnerId],
            Project = projectNames[row.ProjectId],
            State = row.State,
            Sha256 = row.Sha256,
            Format = row.Format,
            SizeBytes = row.SizeBytes,
            VirtualSizeBytes = row.VirtualSizeBytes,
            Source = row.Source,
            Verification = new ImageVerification(row.ChecksumStatus, row.SignatureStatus, row.Insecure),
            DefaultUser = row.DefaultUser,
            MinimumMemoryMiB = row.MinimumMemoryMib,
            DefaultMemoryMiB = row.DefaultMemoryMib,
            Features = row.Features.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Operation = live.GetValueOrDefault(row.Id),
            Problem = row.Problem,
            CreatedAt = row.CreatedAt,
        })];
    }
}
