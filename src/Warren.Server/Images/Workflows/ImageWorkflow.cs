using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Quotas;

namespace Warren.Server.Images.Workflows;

/// <summary>What importing and building have in common: checked content on its way into the store, and the way back.</summary>
internal abstract class ImageWorkflow : Workflow
{
    /// <summary>Name of the step that puts the content in its place.</summary>
    protected const string Store = "store";

    /// <inheritdoc/>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.Images.SingleOrDefaultAsync(i => i.Id == operation.SubjectId, cancellation) is not { } image) return;
        // Cancelled: as if never asked for, unless machines wait for it. Failed: the row stays to say why.
        if (cancelled && !await db.Machines.AnyAsync(m => m.ImageId == image.Id, cancellation))
        {
            db.Images.Remove(image);
            return;
        }

        image.State = ImageState.Failed;
        (image.Sha256, image.SizeBytes) = (null, null);
        image.ProblemJson = Problems.ToJson(problem);
    }

    /// <summary>Declares the steps that follow once the content is here and checked.</summary>
    protected void EndingSteps()
    {
        Step(Store, 97, "Putting it into the store", StoreAsync);
        UndoStep("undo", "Removing what was fetched", UndoAsync);
    }

    /// <summary>A step whose image errors are refusals, not crashes.</summary>
    protected static Func<StepContext, CancellationToken, Task<StepOutcome>> Guarded(Func<StepContext, CancellationToken, Task<StepOutcome>> run) =>
        async (step, cancellation) =>
        {
            try
            {
                return await run(step, cancellation);
            }
            catch (ImageException e)
            {
                return StepOutcome.Failed(ImageProblems.Of(e));
            }
            catch (IOException e) when (DownloadFile.IsDiskFull(e))
            {
                return StepOutcome.Failed(ImageProblems.Of(new ImageException(ImageErrors.NoSpace, "the disk of the image store is full")));
            }
        };

    /// <summary>Counts content for whose it is to be, once it is known how large it is; of several at once, each meets what the others have.</summary>
    /// <exception cref="RefusedException">It is more than they may have.</exception>
    protected static async Task DemandRoomAsync(StepContext step, long bytes, CancellationToken cancellation)
    {
        await using var scope = step.Get<IServiceScopeFactory>().CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        await db.TransactAsync(async () =>
        {
            // A step that runs again has counted it already, and so has an upload.
            if (await db.Images.SingleOrDefaultAsync(i => i.Id == step.SubjectId, cancellation) is not { SizeBytes: null } image) return false;
            await scope.ServiceProvider.GetRequiredService<QuotaCheck>().DemandAsync(image.OwnerId, image.ProjectId, new QuotaUse { ImageBytes = bytes }, cancellation);
            image.SizeBytes = bytes;
            await db.SaveChangesAsync(cancellation);
            return true;
        }, cancellation);
    }

    /// <summary>
    /// Goes to the last step. The row names the content before it is put, so that nobody removes the same content as unused meanwhile.
    /// </summary>
    protected static StepOutcome ToStore(StepContext step, ImportNotes notes, Action<ImageRow> change) =>
        StepOutcome.GoTo(Store, async (db, c) =>
        {
            if (await db.Images.SingleOrDefaultAsync(i => i.Id == step.SubjectId, c) is not { } image) return;
            (image.Sha256, image.Format, image.SizeBytes, image.VirtualSizeBytes) = (notes.Sha256, notes.Found!.Format, notes.Found.FileBytes, notes.Found.VirtualBytes);
            change(image);
        }, notes);

    /// <summary>The file on its way in.</summary>
    protected static string IncomingFile(StepContext step) => Path.Combine(step.Get<ImageStore>().IncomingFolder(step.Operation.Id), "image");

    private static async Task<StepOutcome> StoreAsync(StepContext step, CancellationToken cancellation)
    {
        var (store, notes) = (step.Get<ImageStore>(), step.Operation.Data<ImportNotes>());
        using (await store.LockAsync(cancellation))
        {
            if (File.Exists(notes.File)) store.Put(notes.File!, notes.Sha256!);
            if (!store.Contains(notes.Sha256!)) throw new InvalidOperationException("The checked file is gone from the incoming folder.");
        }

        store.RemoveIncoming(step.Operation.Id);
        return StepOutcome.Done(async (db, c) =>
        {
            if (await db.Images.SingleOrDefaultAsync(i => i.Id == step.SubjectId, c) is { } image) image.State = ImageState.Ready;
        });
    }

    private static async Task<StepOutcome> UndoAsync(StepContext step, CancellationToken cancellation)
    {
        var store = step.Get<ImageStore>();
        await step.Get<RecipeBuild>().EndOrphanAsync(BuildImage.OutputOf(store, step.Operation.Id), cancellation);
        store.RemoveIncoming(step.Operation.Id);
        if (step.Operation.Data<ImportNotes>().UploadId is { } upload) store.RemoveIncoming(upload);
        if (step.Operation.Data<ImportNotes>().Sha256 is { } content) await step.Get<StoreCleaner>().RemoveUnusedAsync(content, step.SubjectId, cancellation);
        return StepOutcome.Done();
    }
}

/// <summary>What an import or build has found out so far; kept with the operation.</summary>
internal sealed record ImportNotes
{
    public string? Recipe { get; init; }
    public string? Catalogue { get; init; }
    public string? Url { get; init; }
    public string? Path { get; init; }
    public string? Checksum { get; init; }
    public string? Format { get; init; }
    public bool Insecure { get; init; }
    public bool Upload { get; init; }

    /// <summary>The upload whose file it is, until it has been taken.</summary>
    public string? UploadId { get; init; }

    /// <summary>What the catalogue entry stood for when it was resolved.</summary>
    public ResolvedImage? Resolved { get; init; }

    /// <summary>The file in the incoming folder.</summary>
    public string? File { get; init; }

    public string? Sha256 { get; init; }
    public string? Sha512 { get; init; }
    public ImageInspection? Found { get; init; }
}

/// <summary>Image errors as problems.</summary>
internal static class ImageProblems
{
    public static Problem Of(ImageException e, int status = 0) => Problems.Of(e.Code, status, e.Code switch
    {
        ImageErrors.UrlRefused or ImageErrors.AddressRefused or ImageErrors.PathRefused => "That place is not allowed",
        ImageErrors.ChecksumMismatch => "The content is not what its checksum says",
        ImageErrors.ChecksumMissing or ImageErrors.SignatureUnchecked => "It cannot be verified",
        ImageErrors.SignatureBad => "The signature is not good",
        ImageErrors.FormatRefused => "It is not an image that can be used",
        ImageErrors.TooLarge => "It is too large",
        ImageErrors.NoSpace => "There is not enough disk space",
        ImageErrors.RecipeFailed => "The build failed",
        ImageErrors.CatalogueStale => "The distribution's files are not as expected",
        _ => "The download failed",
    }, e.Message);
}
