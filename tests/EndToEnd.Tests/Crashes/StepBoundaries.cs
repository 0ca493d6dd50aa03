using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace EndToEnd.Tests.Crashes;

/// <summary>The boundaries of a workflow's steps, read from the workflow itself, in order, so that a new step is covered by itself.</summary>
internal static class StepBoundaries
{
    /// <summary>Both of each step, by <c>make drivers</c>; else one of the two, by turns, because a server takes seconds to start for each.</summary>
    private static readonly bool s_all = Environment.GetEnvironmentVariable("WARREN_CRASHES") == "all";

    /// <summary>Steps of a launch that goes well.</summary>
    public static IReadOnlyList<string> Launch { get; } = Of(new LaunchMachine(null!), undo: false);

    /// <summary>The way back of a launch that is cancelled.</summary>
    public static IReadOnlyList<string> Undo { get; } = Of(new LaunchMachine(null!), undo: true);

    /// <summary>Steps of a deletion.</summary>
    public static IReadOnlyList<string> Delete { get; } = Of(new DeleteMachine(null!), undo: false);

    /// <summary>Steps of a workflow that goes well, but for those that this one has no need of.</summary>
    public static IReadOnlyList<string> Of(Workflow workflow, params string[] without) => Of(workflow, undo: false, without);

    private static string[] Of(Workflow workflow, bool undo, params string[] without) =>
    [
        .. workflow.Steps.Keys.Where(step => (step == workflow.Undo) == undo && !without.Contains(step, StringComparer.Ordinal))
            .SelectMany(step => new[] { $"{workflow.Kind}:{step}:decided", $"{workflow.Kind}:{step}:committed" })
            .Where((_, i) => s_all || i % 4 is 0 or 3),
    ];
}
