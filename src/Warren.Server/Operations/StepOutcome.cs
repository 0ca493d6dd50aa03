using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>What a step decided. It is committed in one transaction, guarded by the worker's lease.</summary>
internal abstract record StepOutcome
{
    /// <summary>Changes to rows that belong to the decision; run inside its transaction, saved by the worker.</summary>
    public Func<WarrenDb, CancellationToken, Task>? Commit { get; init; }

    /// <summary>The workflow's notes after this step; unchanged when null.</summary>
    public object? Data { get; init; }

    public static StepOutcome GoTo(string step, Func<WarrenDb, CancellationToken, Task>? commit = null, object? data = null)
        => new GoTo(step) { Commit = commit, Data = data };

    public static StepOutcome Again(TimeSpan after, string? message = null, int? progress = null, object? data = null)
        => new Again(after, message, progress) { Data = data };

    public static StepOutcome Done(Func<WarrenDb, CancellationToken, Task>? commit = null, string? message = null) => new Done(message) { Commit = commit };

    public static StepOutcome Failed(Problem problem) => new Failed(problem);
}

/// <summary>The step is done; the named one is next, at once.</summary>
internal sealed record GoTo(string Step) : StepOutcome;

/// <summary>Not yet: run the same step again after a while. Not a failure.</summary>
internal sealed record Again(TimeSpan After, string? Message, int? Progress) : StepOutcome;

/// <summary>The operation has succeeded; the message is what is worth knowing all the same.</summary>
internal sealed record Done(string? Message = null) : StepOutcome;

/// <summary>The operation cannot succeed; what it began is undone.</summary>
internal sealed record Failed(Problem Problem) : StepOutcome;
