using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

/// <summary>Looking beside a change: sweeps do it all day.</summary>
public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Observing_a_changing_machine_never_fails_and_never_contradicts_the_order()
    {
        var machine = Define();
        (ObservedPower[] Path, Func<Task> Act)[] steps =
        [
            ([ObservedPower.Missing, ObservedPower.Off], () => CreateAsync(machine)),
            ([ObservedPower.Off, ObservedPower.On], () => Driver.StartAsync(machine, Cancellation)),
            ([ObservedPower.On, ObservedPower.Off], () => Driver.KillAsync(machine.Id, Cancellation)),
            ([ObservedPower.Off, ObservedPower.On], () => Driver.StartAsync(machine, Cancellation)),
            ([ObservedPower.On, ObservedPower.Off, ObservedPower.Missing], () => Driver.DeleteAsync(machine.Id, Cancellation)),
        ];
        foreach (var (path, act) in steps)
        {
            using var done = new CancellationTokenSource();
            IHypervisor[] watchers = [Driver, NewDriver()];
            using var looking = new SemaphoreSlim(0);
            var seen = watchers.Select(w => Task.Run(() => WatchAsync(w, machine.Id, looking, done.Token))).ToArray();
            foreach (var _ in watchers) (await looking.WaitAsync(TimeSpan.FromSeconds(60), Cancellation)).ShouldBeTrue("everybody looks");
            await act();
            (await LookAsync(machine)).Power.ShouldBe(path[^1]);
            await done.CancelAsync();
            foreach (var powers in await Task.WhenAll(seen)) ShouldFollow(path, powers);
        }
    }

    [Fact]
    public async Task Listing_beside_machines_that_come_and_go_never_fails()
    {
        var stays = await CreateAsync();
        using var done = new CancellationTokenSource();
        using var looking = new SemaphoreSlim(0);
        var lister = NewDriver();
        var listing = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var found = await lister.ListAsync(Cancellation);
                found.Count(m => m.MachineId == stays.Id).ShouldBe(1);
                found.Where(m => m.MachineId is not null).Select(m => m.MachineId).ShouldBeUnique();
                if (looking.CurrentCount == 0) looking.Release();
                await Task.Yield();
            }
        });
        (await looking.WaitAsync(TimeSpan.FromSeconds(60), Cancellation)).ShouldBeTrue("somebody looks");
        for (var i = 0; i < 3; i++)
        {
            var machine = await StartAsync();
            await Driver.DeleteAsync(machine.Id, Cancellation);
        }

        await done.CancelAsync();
        await listing;
    }

    /// <summary>Looks without a pause until told to end; the last look begins after that.</summary>
    private static async Task<List<ObservedPower>> WatchAsync(IHypervisor driver, string id, SemaphoreSlim looking, CancellationToken done)
    {
        var seen = new List<ObservedPower>();
        bool last;
        do
        {
            last = done.IsCancellationRequested;
            seen.Add((await driver.ObserveAsync(id, Cancellation)).Power);
            if (seen.Count == 1) looking.Release();
            await Task.Yield();
        }
        while (!last);
        return seen;
    }

    /// <summary>
    /// What was seen goes along the path and never back. Unknown is honest while the change is under way, but neither
    /// before it nor after.
    /// </summary>
    private static void ShouldFollow(ObservedPower[] path, List<ObservedPower> seen)
    {
        var said = string.Join(' ', seen.Aggregate(new List<ObservedPower>(), (all, p) =>
        {
            if (all.Count == 0 || all[^1] != p) all.Add(p);
            return all;
        }));
        var at = seen.Where(p => p != ObservedPower.Unknown).Select(p => Array.IndexOf(path, p)).ToArray();
        at.ShouldAllBe(i => i >= 0, $"from {path[0]} to {path[^1]}: {said}");
        at.ShouldBeInOrder(SortDirection.Ascending, $"from {path[0]} to {path[^1]}: {said}");
        seen[^1].ShouldBe(path[^1], said);
    }
}
