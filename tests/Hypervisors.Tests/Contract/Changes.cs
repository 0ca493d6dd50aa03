using System.Collections.Concurrent;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task A_start_a_kill_and_a_deletion_are_told_within_seconds_until_the_watcher_leaves()
    {
        var changes = Need(Driver.Changes, "changes as they happen");
        var machine = await CreateAsync();
        var told = new ConcurrentQueue<string>();
        using var leaves = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watch = Task.Run(async () =>
        {
            await foreach (var id in changes.WatchAsync(leaves.Token)) told.Enqueue(id);
        });

        // The first may come before the watcher is there; what comes after one that was told must be told.
        await Eventually.TrueAsync("a change is told", async () =>
        {
            await Driver.StartAsync(machine, Cancellation);
            await Driver.KillAsync(machine.Id, Cancellation);
            return told.Contains(machine.Id);
        });
        await QuietAsync(told);
        await ToldAfterAsync("the start", () => Driver.StartAsync(machine, Cancellation));
        await ToldAfterAsync("the kill", () => Driver.KillAsync(machine.Id, Cancellation));
        await ToldAfterAsync("the deletion", () => NewDriver().DeleteAsync(machine.Id, Cancellation));
        watch.IsCompleted.ShouldBeFalse();

        await leaves.CancelAsync();
        await Task.WhenAny(watch, Task.Delay(TimeSpan.FromSeconds(20), TimeProvider.System, Cancellation));
        watch.IsCompleted.ShouldBeTrue("the watch ends when it is cancelled");
        if (watch.IsFaulted) throw new ShouldAssertException("the watch failed", watch.Exception);

        async Task ToldAfterAsync(string what, Func<Task> act)
        {
            await QuietAsync(told);
            await act();
            await Eventually.TrueAsync($"{what} is told", () => Task.FromResult(told.Contains(machine.Id)), 30);
        }
    }

    /// <summary>Forgets what was told, once nothing more has come for a moment.</summary>
    private static async Task QuietAsync(ConcurrentQueue<string> told)
    {
        var quiet = 0;
        await Eventually.TrueAsync("it becomes quiet", () =>
        {
            quiet = told.IsEmpty ? quiet + 1 : 0;
            told.Clear();
            return Task.FromResult(quiet >= 10);
        });
    }
}
