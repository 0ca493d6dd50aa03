using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Access;
using Warren.Server.Database;
using Warren.Server.Images.Workflows;
using Warren.Server.Operations;
using Warren.Server.Quotas;
using Warren.Server.Web;

namespace Warren.Server.Images.Uploads;

/// <summary>What can be asked of uploads: begin one, add to it, give it up. With the last byte the import begins.</summary>
internal sealed class UploadCommands(WarrenDb db, Caller caller, ImageCommands images, ImageStore store, QuotaCheck quotas, ImageOptions options, TimeProvider clock)
{
    /// <summary>Unfinished uploads of one person at once.</summary>
    private const int Most = 20;

    private const int BufferBytes = 256 << 10;

    /// <summary>Begins an upload of so many bytes, if there will be room for them.</summary>
    /// <exception cref="RefusedException">It breaks a rule, is too large, or there is no room.</exception>
    public async Task<UploadRow> BeginAsync(UploadRequest request, CancellationToken cancellation)
    {
        var notes = new ImportNotes { Upload = true, Checksum = request.Checksum, Format = request.Format, Insecure = request.Insecure };
        var check = new Check();
        ImageRules.Check(check, notes.Checksum, notes.Format, request.DefaultUser, notes.Insecure);
        check.That(request.Length > 0, Tus.Length, "the file is empty");
        check.That(request.FileName is null or { Length: <= 255 }, "filename", "at most 255 characters");
        check.Throw();
        if (request.Length > options.MaximumBytes) throw new RefusedException(Problems.Of("too-large", 413, "The file is too large", $"{Tus.Length}: at most {options.MaximumBytes} bytes"));
        var now = clock.GetUtcNow();
        var row = new UploadRow
        {
            Id = Ids.New(clock),
            OwnerId = caller.UserId,
            ProjectId = caller.ProjectId,
            Name = request.Name,
            FileName = request.FileName,
            Length = request.Length,
            NotesJson = JsonSerializer.Serialize(notes, WarrenJson.Options),
            DefaultUser = request.DefaultUser,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return await db.TransactAsync(async () =>
        {
            await images.DemandNameAsync(request.Name, cancellation);
            await DemandRoomAsync(row, cancellation);
            db.Uploads.Add(row);
            await db.SaveChangesAsync(cancellation);
            return caller.Saw(row);
        }, cancellation);
    }

    /// <summary>Adds a piece. What has come of one that breaks off stays, for the next to go on from.</summary>
    /// <param name="row">The upload.</param>
    /// <param name="offset">Where the piece begins.</param>
    /// <param name="body">Its bytes.</param>
    /// <param name="length">How many, if known.</param>
    /// <param name="turn">Held by the caller.</param>
    /// <returns>How many bytes are here now.</returns>
    public async Task<long> AppendAsync(UploadRow row, long offset, Stream body, long? length, UploadTurns.Turn turn)
    {
        if (offset + (length ?? 0) > row.Length) throw TooLong(row);
        try
        {
            var received = await WriteAsync(row, offset, body, turn.Cancellation);
            if (received == row.Length) await FinishAsync(row, turn.Cancellation);
            return received;
        }
        catch (ImageException e) when (e.Code == ImageErrors.NoSpace)
        {
            throw new RefusedException(ImageProblems.Of(e, 507));
        }
        catch (IOException e) when (DownloadFile.IsDiskFull(e))
        {
            throw new RefusedException(Problems.NoSpace());
        }
        finally
        {
            await TouchAsync(row);
        }
    }

    /// <summary>Orders the import of a file that is all here; once.</summary>
    public Task FinishAsync(UploadRow row, CancellationToken cancellation) => db.TransactAsync(async () =>
    {
        await db.Entry(row).ReloadAsync(cancellation);
        if (row.OperationId is not null) return row;
        var operation = await images.AddUploadAsync(row, cancellation);
        row.OperationId = operation.Id;
        await db.SaveChangesAsync(cancellation);
        return row;
    }, cancellation);

    /// <summary>Gives an upload up. An import that has begun is an operation, and goes on.</summary>
    public async Task DeleteAsync(UploadRow row, CancellationToken cancellation)
    {
        await db.Uploads.Where(u => u.Id == row.Id).ExecuteDeleteAsync(cancellation);
        if (row.OperationId is null) store.RemoveIncoming(row.Id);
    }

    private async Task<long> WriteAsync(UploadRow row, long offset, Stream body, CancellationToken cancellation)
    {
        store.IncomingFolder(row.Id);
        await using var file = StoreFiles.OpenToAppend(store.UploadFile(row.Id), offset);
        var buffer = new byte[BufferBytes];
        var (at, checkedAt) = (offset, offset);
        while (await body.ReadAsync(buffer, cancellation) is var count and > 0)
        {
            if (at + count > row.Length)
            {
                // Nothing of a piece that is wrong is kept.
                file.SetLength(offset);
                throw TooLong(row);
            }

            await file.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None);
            at += count;
            if (at - checkedAt < options.CheckpointBytes) continue;
            checkedAt = at;
            store.RequireSpace(0);
            await TouchAsync(row);
        }

        if (at == row.Length) file.Flush(flushToDisk: true);
        return at;
    }

    private async Task DemandRoomAsync(UploadRow row, CancellationToken cancellation)
    {
        var unfinished = await db.Uploads.AsNoTracking().Where(u => u.OperationId == null).ToListAsync(cancellation);
        var own = unfinished.Where(u => u.OwnerId == row.OwnerId).ToList();
        if (own.Count >= Most) throw new RefusedException(Problems.Conflict($"{Most} uploads are unfinished; finish one or give it up first"));
        await quotas.DemandAsync(row.OwnerId, row.ProjectId, new QuotaUse { ImageBytes = row.Length }, cancellation);
        try
        {
            // What others were promised is not there any more.
            store.RequireSpace(row.Length + unfinished.Where(u => u.UpdatedAt > row.UpdatedAt - UploadRow.Reserved).Sum(u => u.Length - u.Offset(store)));
        }
        catch (ImageException e)
        {
            throw new RefusedException(ImageProblems.Of(e, 507));
        }
    }

    private async Task TouchAsync(UploadRow row)
    {
        var now = clock.GetUtcNow();
        try
        {
            await db.Uploads.Where(u => u.Id == row.Id).ExecuteUpdateAsync(s => s.SetProperty(u => u.UpdatedAt, now), CancellationToken.None);
        }
        catch (Exception e) when (ProblemWriter.IsNoSpace(e))
        {
            // A courtesy: it is given up later for it.
        }
    }

    private static RefusedException TooLong(UploadRow row) => new(Problems.Of("too-large", 413, "There is more than was said", $"{Tus.Length}: the file was to have {row.Length} bytes"));
}

/// <summary>What an upload is said to be.</summary>
internal sealed record UploadRequest(string Name, long Length, string? FileName, string? Checksum, string? Format, string? DefaultUser, bool Insecure);
