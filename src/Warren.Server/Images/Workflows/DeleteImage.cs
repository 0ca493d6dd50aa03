using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Workflows;

/// <summary>image.delete: forget the image, then remove its content unless another image has the same.</summary>
internal sealed class DeleteImage : Workflow
{
    public const string Name = "image.delete";

    public DeleteImage()
    {
        Step("forget", 10, "Forgetting it", ForgetAsync);
        Step("remove", 50, "Removing its content", RemoveAsync);
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromHours(1);

    public override bool CanCancel => false;

    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.Images.SingleOrDefaultAsync(i => i.Id == operation.SubjectId, cancellation) is { } image) image.ProblemJson = Problems.ToJson(problem);
    }

    private static async Task<StepOutcome> ForgetAsync(StepContext step, CancellationToken cancellation)
    {
        // Asked again here: a launch may have come in between.
        var users = await ImageCommands.UsersAsync(step.Db, step.SubjectId, cancellation);
        if (users.Count > 0) return StepOutcome.Failed(ImageCommands.InUse(step.Operation.SubjectName, users));
        var content = await step.Db.Images.Where(i => i.Id == step.SubjectId).Select(i => i.Sha256).SingleOrDefaultAsync(cancellation);
        return StepOutcome.GoTo("remove", async (db, c) =>
        {
            if (await db.Images.SingleOrDefaultAsync(i => i.Id == step.SubjectId, c) is { } image) db.Images.Remove(image);
        }, new ImportNotes { Sha256 = content });
    }

    private static async Task<StepOutcome> RemoveAsync(StepContext step, CancellationToken cancellation)
    {
        var store = step.Get<ImageStore>();
        var earlier = await step.Db.Operations.Where(o => o.SubjectId == step.SubjectId && o.Id != step.Operation.Id).Select(o => o.Id).ToListAsync(cancellation);
        foreach (var operation in earlier)
        {
            await step.Get<RecipeBuild>().EndOrphanAsync(BuildImage.OutputOf(store, operation), cancellation);
            store.RemoveIncoming(operation);
        }

        if (step.Operation.Data<ImportNotes>().Sha256 is { } content) await step.Get<StoreCleaner>().RemoveUnusedAsync(content, step.SubjectId, cancellation);
        return StepOutcome.Done();
    }
}
