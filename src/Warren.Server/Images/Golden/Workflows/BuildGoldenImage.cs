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

    /// <summary>How long an agent may be silent: the guest may still be booting.</summary>
    private static readonly TimeSpan AgentPatience = TimeSpan.FromMinutes(5);

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

    /// <summary>Forks are renewed by the agent, so that a guest without one is refused before it is frozen.</summary>
    private static async Task<StepOutcome> LookAsync(StepContext step, CancellationToken cancellation)
    {
        var golden = await GoldenAsync(step, cancellation);
        var machine = await MachineAsync(step, golden, cancellation);
        var driver = await DriverAsync(step, golden, cancellation);
        if (golden.Kind == GoldenImageKind.Warm || golden.Prepare is not null)
        {
            if (driver.Guest is null) return StepOutcome.Failed(Problems.Unsupported($"{driver.Kind} machines have no guest agent, which prepares and renews."));
            var seen = await driver.ObserveAsync(machine.Id, cancellation);
            if (seen.Power is not ObservedPower.On) return StepOutcome.Failed(Problems.IllegalState($"'{machine.Name}' does not run any more."));
            if (!await driver.Guest.PingAsync(machine.Id, cancellation)) return Wait(step);
        }

        return golden.Prepare is not null ? StepOutcome.GoTo("prepare", PreparingAsync) : Next(golden, PreparingAsync);

        Task PreparingAsync(WarrenDb db, CancellationToken c) => ChangeAsync(db, golden.Id, g => g.MoveTo(GoldenImageState.Preparing), c);
    }

    private static StepOutcome Wait(StepContext step)
    {
        var now = step.Get<TimeProvider>().GetUtcNow();
        var until = step.Operation.Data<GoldenPlan>().Until ?? now + AgentPatience;
        return now < until ? StepOutcome.Again(Look, "Waiting for the guest's agent", data: new GoldenPlan { Until = until })
            : StepOutcome.Failed(Problems.Unsupported("The guest's agent does not answer, and without it machines can be neither prepared nor renewed. Install qemu-guest-agent in it."));
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
