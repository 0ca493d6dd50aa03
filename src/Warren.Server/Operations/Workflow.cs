using Warren.Contracts;
using Warren.Server.Database;

namespace Warren.Server.Operations;

/// <summary>
/// One verb as a list of steps. A step may be run again at any time, from the start or after a kill half-way through:
/// "make it so, then check". Steps run outside any transaction; what they decide is committed afterwards.
/// </summary>
internal abstract class Workflow
{
    private readonly Dictionary<string, Step> _steps = new(StringComparer.Ordinal);

    /// <summary><c>subject.verb</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>Time after which it fails by itself.</summary>
    public abstract TimeSpan Deadline { get; }

    /// <summary>False for what has no way back (delete).</summary>
    public virtual bool CanCancel => true;

    /// <summary>Name of the step that takes back what was begun, or null when there is nothing to take back.</summary>
    public string? Undo { get; private set; }

    /// <summary>Name of the step it begins with.</summary>
    public string First { get; private set; } = "";

    /// <summary>All steps by name, in the order in which they were declared.</summary>
    public IReadOnlyDictionary<string, Step> Steps => _steps;

    /// <summary>Changes to rows when it has failed or was cancelled, after the undo; in the final transaction.</summary>
    public virtual Task OnEndedBadlyAsync(WarrenDb db, OperationRow operation, Problem problem, bool cancelled, CancellationToken cancellation)
        => Task.CompletedTask;

    /// <summary>Declares a step; the first one declared begins.</summary>
    /// <param name="name">Name, shown to people.</param>
    /// <param name="progress">Progress of the whole, in percent, when this step starts.</param>
    /// <param name="message">What it does, for people.</param>
    /// <param name="run">The work.</param>
    protected void Step(string name, int progress, string message, Func<StepContext, CancellationToken, Task<StepOutcome>> run)
    {
        if (First.Length == 0) First = name;
        _steps.Add(name, new Step(name, progress, message, run));
    }

    /// <summary>Declares the step that takes back what was begun. It ends with Done.</summary>
    protected void UndoStep(string name, string message, Func<StepContext, CancellationToken, Task<StepOutcome>> run)
    {
        Undo = name;
        _steps.Add(name, new Step(name, 0, message, run));
    }
}

/// <summary>One step of a workflow.</summary>
internal sealed record Step(string Name, int Progress, string Message, Func<StepContext, CancellationToken, Task<StepOutcome>> Run);

/// <summary>What a step is given.</summary>
/// <param name="Operation">The operation as it was claimed; not tracked.</param>
/// <param name="Services">A scope of its own.</param>
/// <param name="Db">A database context of its own, for reading; changes belong into the outcome.</param>
/// <param name="Progress">Reports progress of the whole (percent) and what is going on; written at most a few times a second.</param>
internal sealed record StepContext(OperationRow Operation, IServiceProvider Services, WarrenDb Db, IProgress<StepProgress> Progress)
{
    public string SubjectId => Operation.SubjectId;

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();
}

/// <summary>Progress within a step: percent of the whole operation, and a message.</summary>
internal readonly record struct StepProgress(int Percent, string? Message = null);
