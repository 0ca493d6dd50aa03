using System.Collections.Concurrent;
using Warren.Contracts;
using Warren.Server.Database;
using Warren.Server.Operations;

namespace Warren.Server.Tests.Operations;

/// <summary>A workflow of three steps and an undo whose steps do what the test says, and that notes what was run.</summary>
internal sealed class ScriptedWorkflow : Workflow
{
    public const string Name = "test.run";
    public static readonly string[] Forward = ["a", "b", "c"];

    public ScriptedWorkflow()
    {
        Step("a", 0, "First", (s, c) => RunAsync("a", s, c));
        Step("b", 40, "Second", (s, c) => RunAsync("b", s, c));
        Step("c", 80, "Third", (s, c) => RunAsync("c", s, c));
        UndoStep("undo", "Undoing", (s, c) => RunAsync("undo", s, c));
    }

    public override string Kind => Name;

    public override TimeSpan Deadline => TimeSpan.FromMinutes(5);

    /// <summary>What a step does instead of its default.</summary>
    public ConcurrentDictionary<string, Func<StepContext, CancellationToken, Task<StepOutcome>>> Script { get; } = new();

    /// <summary>Every run of a step, in order.</summary>
    public ConcurrentQueue<string> Runs { get; } = new();

    /// <summary>Problems with which operations ended badly.</summary>
    public ConcurrentQueue<(Problem Problem, bool Cancelled)> BadEnds { get; } = new();

    public override Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
    {
        BadEnds.Enqueue((problem, cancelled));
        return Task.CompletedTask;
    }

    private Task<StepOutcome> RunAsync(string step, StepContext context, CancellationToken cancellation)
    {
        Runs.Enqueue(step);
        if (Script.TryGetValue(step, out var run)) return run(context, cancellation);
        return Task.FromResult(step switch
        {
            "a" => StepOutcome.GoTo("b"),
            "b" => StepOutcome.GoTo("c"),
            _ => StepOutcome.Done(),
        });
    }
}
