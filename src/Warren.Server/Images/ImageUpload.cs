using Warren.Server.Database;
using Warren.Server.Images.Workflows;
using Warren.Server.Operations;
using Warren.Server.Web;

namespace Warren.Server.Images;

/// <summary>Takes an image's bytes from a request. Nothing is in the database until they are all here; a broken upload leaves nothing.</summary>
internal sealed class ImageUpload(ImageStore store, FileIntake intake, ImageCommands commands, ImageOptions options, TimeProvider clock)
{
    /// <summary>Refuses what can be refused before the body is read.</summary>
    public async Task CheckAsync(string name, ImportNotes notes, string? defaultUser, long? length, CancellationToken cancellation)
    {
        var check = new Check();
        ImageRules.Check(check, notes.Checksum, notes.Format, defaultUser, notes.Insecure);
        check.That(length is null or > 0, "body", "is empty");
        check.Throw();
        if (length > options.MaximumBytes) throw new RefusedException(Problems.Of("too-large", 413, "The body is too large", $"at most {options.MaximumBytes} bytes"));
        await commands.DemandNameAsync(name, cancellation);
    }

    /// <summary>Writes the body to the incoming folder, then commits row and operation.</summary>
    public async Task<OperationRow> ReceiveAsync(string name, ImportNotes notes, string? defaultUser, Stream body, long? length, CancellationToken cancellation)
    {
        var id = Ids.New(clock);
        using var marked = store.BeginUpload(id);
        IDisposable? markedToo = null;
        var folder = id;
        try
        {
            var file = Path.Combine(store.IncomingFolder(id), "image");
            var got = await intake.ReceiveAsync(body, length, file, new Progress<DownloadProgress>(), cancellation);
            return await commands.AddUploadAsync(name, notes with { Sha256 = got.Sha256, Sha512 = got.Sha512 }, defaultUser, operation =>
            {
                // The operation's own folder, so that its undo and the sweep know whose it is; marked until its row is committed.
                markedToo = store.BeginUpload(operation);
                Directory.Move(store.IncomingPath(id), store.IncomingPath(operation));
                folder = operation;
                return Path.Combine(store.IncomingPath(operation), "image");
            }, cancellation);
        }
        catch (ImageException e)
        {
            store.RemoveIncoming(folder);
            throw new RefusedException(ImageProblems.Of(e, e.Code switch { ImageErrors.TooLarge => 413, ImageErrors.NoSpace => 507, _ => 400 }));
        }
        catch
        {
            store.RemoveIncoming(folder);
            throw;
        }
        finally
        {
            markedToo?.Dispose();
        }
    }
}
