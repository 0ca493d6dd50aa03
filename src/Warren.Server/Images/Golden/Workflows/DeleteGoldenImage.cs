using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden.Workflows;

/// <summary>golden.delete: gone from its host, forgotten. There is no way back.</summary>
internal sealed class DeleteGoldenImage : GoldenWorkflow
{
    public const string Name = "golden.delete";

    public DeleteGoldenImage() => Step("remove", 10, "Removing it from its host", RemoveAsync);

    public override string Kind => Name;

    public override bool CanCancel => false;

    /// <summary>Failed, so that it can be asked for again.</summary>
    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => ChangeAsync(db, operation.SubjectId, g =>
        {
            g.MoveTo(GoldenImageState.Failed);
            g.Problem = problem;
        }, cancellation);

    private static async Task<StepOutcome> RemoveAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        await RemoveAsync(await DriverAsync(step, golden, cancellation), golden, cancellation);
        return StepOutcome.Done(async (db, c) =>
        {
            if (await db.GoldenImages.SingleOrDefaultAsync(g => g.Id == golden.Id, c) is { } row) db.GoldenImages.Remove(row);
        });
    }
}
