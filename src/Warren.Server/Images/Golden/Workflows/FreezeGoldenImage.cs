using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden.Workflows;

/// <summary>golden.freeze: freeze a machine that a person has prepared.</summary>
internal sealed class FreezeGoldenImage : GoldenWorkflow
{
    public const string Name = "golden.freeze";

    public FreezeGoldenImage()
    {
        Step("look", 2, "Looking at the machine", LookAsync);
        FreezeSteps();
    }

    public override string Kind => Name;

    /// <summary>The person's work is not lost: it can be marked ready again.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.GoldenImages.SingleOrDefaultAsync(g => g.Id == operation.SubjectId, cancellation) is not { } golden) return;
        await ReleaseMachineAsync(db, golden, cancellation);
        golden.Problem = cancelled ? null : problem;
    }

    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        return (golden.Kind == GoldenImageKind.Warm ? await WithoutAgentAsync(step, golden, cancellation) : null) ?? StepOutcome.GoTo("stop");
    }
}
