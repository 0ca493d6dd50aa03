using System.Security.Cryptography;
using Warren.Server.Operations;

namespace Warren.Server.Images.Workflows;

/// <summary>image.build: run a recipe, check what it made, put it into the store. A build that was cut off starts over.</summary>
internal sealed class BuildImage : ImageWorkflow
{
    public const string Name = "image.build";
    private const int BuildEnds = 90;

    public BuildImage()
    {
        Step("build", 1, "Building it", Guarded(BuildAsync));
        Step("check", BuildEnds, "Checking it", Guarded(CheckAsync));
        EndingSteps();
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(3);

    /// <summary>Where an operation's build puts its files.</summary>
    public static string OutputOf(ImageStore store, string operationId) => Path.Combine(store.IncomingPath(operationId), "build");

    private static async Task<StepOutcome> BuildAsync(StepContext step, CancellationToken cancellation)
    {
        var (notes, store, build) = (step.Operation.Data<ImportNotes>(), step.Get<ImageStore>(), step.Get<RecipeBuild>());
        var recipe = step.Get<ImageSources>().FindRecipe(notes.Recipe!) ?? throw new ImageException(ImageErrors.RecipeFailed, $"there is no recipe {notes.Recipe} any more");
        var output = OutputOf(store, step.Operation.Id);
        await build.EndOrphanAsync(output, cancellation);
        store.RemoveIncoming(step.Operation.Id);
        store.IncomingFolder(step.Operation.Id);
        StoreFiles.CreateFolder(output);
        var disk = await build.RunAsync(recipe, output, (percent, message) =>
            step.Progress.Report(new StepProgress(1 + (percent * (BuildEnds - 1) / 100), Sentence(message))), cancellation);
        return StepOutcome.GoTo("check", data: notes with { File = disk });
    }

    private static async Task<StepOutcome> CheckAsync(StepContext step, CancellationToken cancellation)
    {
        var notes = step.Operation.Data<ImportNotes>();
        var found = await step.Get<ImageFormat>().InspectAsync(notes.File!, "qcow2", cancellation);
        await using var stream = File.OpenRead(notes.File!);
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
        await DemandRoomAsync(step, found.FileBytes, cancellation);
        return ToStore(step, notes with { Found = found, Sha256 = hash }, image => (image.ChecksumStatus, image.SignatureStatus, image.Insecure) = ("built-here", "built-here", false));
    }

    private static string Sentence(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
