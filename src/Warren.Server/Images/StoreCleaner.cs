using Microsoft.EntityFrameworkCore;
using Warren.Server.Database;
using Warren.Server.Images.Uploads;

namespace Warren.Server.Images;

/// <summary>Removes content that no image has. Content is put and removed under one lock, and rows name it before it is put.</summary>
internal sealed class StoreCleaner(ImageStore store, IDbContextFactory<WarrenDb> databases, TimeProvider clock)
{
    /// <summary>Leftovers younger than this are left alone, whatever they look like.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(10);

    /// <summary>Removes content unless an image other than this one has it.</summary>
    public async Task RemoveUnusedAsync(string sha256, string besides, CancellationToken cancellation)
    {
        using var held = await store.LockAsync(cancellation);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        if (!await db.Images.AnyAsync(i => i.Sha256 == sha256 && i.Id != besides, cancellation)) store.Remove(sha256);
    }

    /// <summary>Removes what no row and no operation knows of: what a crash or a hand left behind.</summary>
    /// <returns>How many things were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        using var held = await store.LockAsync(cancellation);
        await using var db = await databases.CreateDbContextAsync(cancellation);
        // In this order: the row of an operation, or of an upload, is there before its folder.
        var folders = store.ListIncoming();
        var given = clock.GetUtcNow() - UploadRow.Life;
        await db.Uploads.Where(u => u.UpdatedAt <= given).ExecuteDeleteAsync(cancellation);
        var uploads = await db.Uploads.Where(u => u.OperationId == null).Select(u => u.Id).ToListAsync(cancellation);
        uploads.AddRange(await db.Uploads.Where(u => u.OperationId != null && db.Operations.Any(o => o.Id == u.OperationId && o.Live)).Select(u => u.Id).ToListAsync(cancellation));
        var live = await db.Operations.Where(o => o.Live && o.SubjectKind == "image").Select(o => o.Id).ToListAsync(cancellation);
        var abandoned = folders.Except(uploads, StringComparer.Ordinal).Except(live, StringComparer.Ordinal).Where(f => IsOld(store.IncomingPath(f))).ToList();
        foreach (var folder in abandoned) store.RemoveIncoming(folder);
        var removed = abandoned.Count;
        var known = await db.Images.Where(i => i.Sha256 != null).Select(i => i.Sha256!).ToListAsync(cancellation);
        foreach (var content in store.List().Except(known, StringComparer.Ordinal).Where(c => IsOld(store.PathOf(c))).ToList())
        {
            store.Remove(content);
            removed++;
        }

        return removed;
    }

    private bool IsOld(string path) => clock.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(path)) > Age;
}
