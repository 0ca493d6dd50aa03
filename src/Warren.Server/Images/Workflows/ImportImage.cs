using Warren.Server.Operations;

namespace Warren.Server.Images.Workflows;

/// <summary>image.import: find out what it is, fetch it, check it, put it into the store.</summary>
internal sealed class ImportImage : ImageWorkflow
{
    public const string Name = "image.import";
    private const int FetchStarts = 4, FetchEnds = 88;

    public ImportImage()
    {
        Step("resolve", 1, "Finding out what is newest", Guarded(ResolveAsync));
        Step("take", FetchStarts, "Reading what was sent", Guarded(TakeAsync));
        Step("fetch", FetchStarts, "Fetching it", Guarded(FetchAsync));
        Step("check", FetchEnds, "Checking it", Guarded(CheckAsync));
        EndingSteps();
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(12);

    private static async Task<StepOutcome> ResolveAsync(StepContext step, CancellationToken cancellation)
    {
        var notes = step.Operation.Data<ImportNotes>();
        if (notes.Upload) return StepOutcome.GoTo(notes.UploadId is null ? "check" : "take");
        if (notes.Catalogue is null) return StepOutcome.GoTo("fetch");
        var resolved = await step.Get<CatalogueResolver>().ResolveAsync(Entry(step, notes), cancellation);
        if (resolved.Signature is { } verdict) Demand(verdict, notes.Insecure);
        return StepOutcome.GoTo("fetch", data: notes with { Resolved = resolved });
    }

    private static async Task<StepOutcome> TakeAsync(StepContext step, CancellationToken cancellation)
    {
        var (notes, store, file) = (step.Operation.Data<ImportNotes>(), step.Get<ImageStore>(), IncomingFile(step));
        if (File.Exists(store.UploadFile(notes.UploadId!))) File.Move(store.UploadFile(notes.UploadId!), file, overwrite: true);
        store.RemoveIncoming(notes.UploadId!);
        var (sha256, sha512) = await FileIntake.HashAsync(file, new Relay(step, "Read"), cancellation);
        return StepOutcome.GoTo("check", data: notes with { File = file, Sha256 = sha256, Sha512 = sha512 });
    }

    private static async Task<StepOutcome> FetchAsync(StepContext step, CancellationToken cancellation)
    {
        var (notes, options, file) = (step.Operation.Data<ImportNotes>(), step.Get<ImageOptions>(), IncomingFile(step));
        var progress = new Relay(step);
        DownloadResult got;
        if (notes.Path is { } path)
        {
            got = await step.Get<FileIntake>().CopyAsync(path, file, progress, cancellation);
        }
        else
        {
            var url = notes.Resolved?.Url ?? new Uri(notes.Url!);
            got = await step.Get<Downloader>().DownloadAsync(
                new DownloadRequest(url, file) { MaximumBytes = options.MaximumBytes, Sha512 = true }, progress, cancellation);
        }

        return StepOutcome.GoTo("check", data: notes with { File = file, Sha256 = got.Sha256, Sha512 = got.Sha512 });
    }

    private static async Task<StepOutcome> CheckAsync(StepContext step, CancellationToken cancellation)
    {
        var notes = step.Operation.Data<ImportNotes>();
        var digest = notes.Resolved?.Digest ?? (notes.Checksum is null ? null : Digest.Parse(notes.Checksum));
        if (digest is null && !notes.Insecure) throw new ImageException(ImageErrors.ChecksumMissing, "checksum: is required unless insecure is set");
        var actual = digest?.Algorithm == "sha512" ? notes.Sha512 : notes.Sha256;
        if (digest is not null && digest.Hex != actual)
            throw new ImageException(ImageErrors.ChecksumMismatch, $"{digest.Algorithm} is {actual}, but {digest.Hex} was {(notes.Resolved is null ? "given" : "published; a newer image may have come out meanwhile: try again")}");
        SignatureVerdict? verdict = null;
        if (notes.Resolved is { } resolved)
        {
            step.Progress.Report(new StepProgress(FetchEnds + 1, "Checking the signature"));
            verdict = await step.Get<CatalogueResolver>().CheckImageAsync(Entry(step, notes), resolved, notes.File!, cancellation);
            Demand(verdict, notes.Insecure);
        }

        step.Progress.Report(new StepProgress(FetchEnds + 4, "Checking the format"));
        var entry = notes.Catalogue is null ? null : Entry(step, notes);
        var found = await step.Get<ImageFormat>().InspectAsync(notes.File!, notes.Format ?? entry?.Format, cancellation);
        await DemandRoomAsync(step, found.FileBytes, cancellation);
        return ToStore(step, notes with { Found = found }, image =>
        {
            image.ChecksumStatus = digest is null ? "none" : notes.Resolved is null ? "given" : "published";
            image.SignatureStatus = verdict?.Status switch
            {
                SignatureStatus.Good => "good",
                SignatureStatus.NonePublished => "none-published",
                _ => "not-checked",
            };
            image.Insecure = digest is null || (verdict is not null && verdict.Status is not (SignatureStatus.Good or SignatureStatus.NonePublished));
        });
    }

    /// <summary>A signature that is wrong is never let pass; one that could not be checked only when the caller said so.</summary>
    private static void Demand(SignatureVerdict verdict, bool insecure)
    {
        if (verdict.Status is SignatureStatus.Good or SignatureStatus.NonePublished) return;
        if (verdict.Status == SignatureStatus.Bad) throw new ImageException(ImageErrors.SignatureBad, verdict.Detail);
        if (!insecure) throw new ImageException(ImageErrors.SignatureUnchecked, $"unverified signature: {verdict.Detail}; or set insecure to take it unverified");
    }

    private static CloudImage Entry(StepContext step, ImportNotes notes) => step.Get<ImageSources>().Catalogue.Find(notes.Catalogue!)
        ?? throw new ImageException(ImageErrors.CatalogueStale, $"the catalogue has no entry {notes.Catalogue} any more");

    private sealed class Relay(StepContext step, string verb = "Fetched") : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            var percent = FetchStarts + (int)((value.Percent ?? 0) / 100 * (FetchEnds - FetchStarts));
            var total = value.Total is { } all ? $" of {all >> 20}" : "";
            step.Progress.Report(new StepProgress(percent, $"{verb} {value.Bytes >> 20}{total} MiB"));
        }
    }
}
