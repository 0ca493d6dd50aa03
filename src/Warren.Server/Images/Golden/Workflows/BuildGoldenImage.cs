using System.Text;
using Microsoft.EntityFrameworkCore;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Images.Golden.Workflows;

/// <summary>golden.build: look at the machine, prepare it by script, then freeze it, or leave it to a person to say when.</summary>
internal sealed class BuildGoldenImage : GoldenWorkflow
{
    public const string Name = "golden.build";

    /// <summary>How long a prepare script may run.</summary>
    private static readonly TimeSpan ScriptTime = TimeSpan.FromMinutes(45);

    /// <summary>Characters of the script's output that its problem tells.</summary>
    private const int Tail = 2000;

    public BuildGoldenImage()
    {
        Step("look", 2, "Looking at the machine", LookAsync);
        Step("prepare", 5, "Running the prepare script", PrepareAsync);
        FreezeSteps();
    }

    public override string Kind => Name;

    /// <summary>Cancelled: as if never asked for. Failed: the row stays to say why; its host has nothing of it.</summary>
    public override async Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        if (await db.GoldenImages.SingleOrDefaultAsync(g => g.Id == operation.SubjectId, cancellation) is not { } golden) return;
        await ReleaseMachineAsync(db, golden, cancellation);
        if (cancelled)
        {
            db.GoldenImages.Remove(golden);
            return;
        }

        golden.MoveTo(GoldenImageState.Failed);
        golden.Problem = problem;
    }

    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        if ((golden.Kind == GoldenImageKind.Warm || golden.Prepare is not null) && await WithoutAgentAsync(step, golden, cancellation) is { } without) return without;
        return golden.Prepare is not null ? StepOutcome.GoTo("prepare", PreparingAsync) : Next(golden, PreparingAsync);

        Task PreparingAsync(WarrenDb db, CancellationToken c) => ChangeAsync(db, golden.Id, g => g.MoveTo(GoldenImageState.Preparing), c);
    }

    /// <summary>Never run again because its end was not seen: it changes the machine.</summary>
    private static async Task<StepOutcome> PrepareAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var driver = await DriverAsync(step, golden, cancellation);
        try
        {
            var result = await driver.Guest!.ExecAsync(golden.MachineId, new GuestExec("/bin/sh", ["-c", golden.Prepare!], null, ScriptTime), cancellation);
            return result.ExitCode == 0 ? Next(golden) : StepOutcome.Failed(Problems.Of("prepare-failed", 0, "The prepare script failed", $"It ended with {result.ExitCode}. {End(result)}".TrimEnd()));
        }
        catch (HypervisorException e)
        {
            return StepOutcome.Failed(Problems.Of("prepare-failed", 0, "The prepare script failed", e.Message));
        }
    }

    private static string End(GuestExecResult result)
    {
        var all = (Encoding.UTF8.GetString(result.Output) + Encoding.UTF8.GetString(result.Error)).TrimEnd();
        return all.Length == 0 ? "" : "It said: " + (all.Length > Tail ? "…" + all[^Tail..] : all);
    }

    /// <summary>On to the freezing, or the end until a person marks it ready.</summary>
    private static StepOutcome Next(GoldenImageRow golden, Func<WarrenDb, CancellationToken, Task>? commit = null)
        => golden.MarkReadyByHand ? StepOutcome.Done(commit) : StepOutcome.GoTo("stop", commit);
}
