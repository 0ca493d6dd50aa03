using Warren.Server.Machines.Workflows;
using Warren.Server.Operations;

namespace EndToEnd.Tests.Crashes;

/// <summary>Every boundary of a workflow's steps, read from the workflow itself, so that a new step is covered by itself.</summary>
internal static class StepBoundaries
{
    /// <summary>Steps of a launch that goes well.</summary>
    public static TheoryData<string> Launch => Of(new LaunchMachine(null!), undo: false);

    /// <summary>The way back of a launch that is cancelled.</summary>
    public static TheoryData<string> Undo => Of(new LaunchMachine(null!), undo: true);

    /// <summary>Steps of a deletion.</summary>
    public static TheoryData<string> Delete => Of(new DeleteMachine(null!), undo: false);

    private static TheoryData<string> Of(Workflow workflow, bool undo) =>
    [
        .. workflow.Steps.Keys.Where(step => (step == workflow.Undo) == undo)
            .SelectMany(step => new[] { $"{workflow.Kind}:{step}:decided", $"{workflow.Kind}:{step}:committed" }),
    ];
}
