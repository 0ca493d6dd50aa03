using Warren.Hypervisors;
using Warren.Hypervisors.Qemu;
using Warren.Soak.Tests;

namespace Hypervisors.Tests.Qemu;

/// <summary>
/// Any sequence of writing, taking, returning, deleting and cloning leaves the disks and the trees that a model of a page has.
/// What fails is printed as short as it still fails, with its seed. In full with WARREN_SOAK=full.
/// </summary>
public sealed class SnapshotTreeTests : IDisposable
{
    private static readonly TimeSpan s_shortening = TimeSpan.FromMinutes(2);

    private static readonly TreeVerb[] s_off =
        [TreeVerb.Write, TreeVerb.Write, TreeVerb.Snapshot, TreeVerb.Snapshot, TreeVerb.Restore, TreeVerb.DeleteSnapshot, TreeVerb.Clone, TreeVerb.Flatten, TreeVerb.DeleteMachine];

    private static readonly TreeVerb[] s_running =
        [.. s_off[..^1], TreeVerb.Write, TreeVerb.Snapshot, TreeVerb.Restore, TreeVerb.Start, TreeVerb.Start, TreeVerb.Kill, TreeVerb.DeleteMachine];

    private readonly string _folder = Directory.CreateTempSubdirectory("w,").FullName;
    private int _runs;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Campaign", "yes")]
    public Task Whatever_is_done_to_machines_that_are_off_disks_and_trees_are_the_models() =>
        ProveAsync(s_off, Campaign.IsFull ? 60 : 2, Campaign.IsFull ? 60 : 25);

    [Fact]
    [Trait("Campaign", "yes")]
    public Task Whatever_is_done_while_they_run_disks_and_trees_are_the_models() =>
        ProveAsync(s_running, Campaign.IsFull ? 30 : 1, Campaign.IsFull ? 60 : 25);

    private async Task ProveAsync(TreeVerb[] verbs, int sequences, int length)
    {
        var image = new BootMedium(await TinyImage.PathAsync(), "qcow2");
        var (dice, began) = (new Dice(Campaign.Seed()), TimeProvider.System.GetTimestamp());
        for (var i = 0; i < sequences; i++)
        {
            var steps = Enumerable.Range(0, length).Select(_ => new TreeStep(dice.Pick(verbs), dice.Roll(100), dice.Roll(100), dice.Chance(50))).ToList();
            if (await FailureOfAsync(steps, image) is not var (at, failure)) continue;
            var (shortest, why) = await ShortenAsync(steps[..(at + 1)], failure, image);
            Assert.Fail($"sequence {i + 1} of {sequences} fails at step {at + 1}; as short as it still does:\n{string.Join('\n', shortest)}\n{why}");
        }

        Campaign.Say($"{sequences} sequences of {length} steps in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s");
    }

    /// <summary>Leaves out what is not needed for some failure, as long as there is time.</summary>
    private async Task<(List<TreeStep> Steps, Exception Failure)> ShortenAsync(List<TreeStep> steps, Exception failure, BootMedium image)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var i = steps.Count - 2; i >= 0 && TimeProvider.System.GetElapsedTime(began) < s_shortening; i--)
        {
            var without = steps.Where((_, n) => n != i).ToList();
            if (await FailureOfAsync(without, image) is not var (at, other)) continue;
            (steps, failure) = (without[..(at + 1)], other);
            i = Math.Min(i, steps.Count - 1);
        }

        return (steps, failure);
    }

    private async Task<(int At, Exception Failure)?> FailureOfAsync(IReadOnlyList<TreeStep> steps, BootMedium image)
    {
        var options = new QemuOptions { MachinesFolder = Path.Combine(_folder, $"{++_runs}"), Accelerator = "tcg" };
        var at = 0;
        try
        {
            await new TreeRun(options, image, TestContext.Current.CancellationToken).RunAsync(steps, i => at = i);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return (at, e);
        }
    }
}
