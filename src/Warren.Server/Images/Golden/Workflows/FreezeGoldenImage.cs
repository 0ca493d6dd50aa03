using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden.Workflows;

/// <summary>golden.freeze: freeze a machine that a person has prepared.</summary>
internal sealed class FreezeGoldenImage : GoldenWorkflow
{
    public const string Name = "golden.freeze";

    public FreezeGoldenImage() => FreezeSteps();

    public override string Kind => Name;

    /// <summary>The person's work is not lost: it can be marked ready again.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.GoldenImages.SingleOrDefaultAsync(g => g.Id == operation.SubjectId, cancellation) is not { } golden) return;
        await ReleaseMachineAsync(db, golden, cancellation);
        golden.Problem = cancelled ? null : problem;
    }
}
