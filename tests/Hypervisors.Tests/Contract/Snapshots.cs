using Warren.Hypervisors;

namespace Hypervisors.Tests.Contract;

public abstract partial class HypervisorContract
{
    [Fact]
    public async Task Snapshots_form_a_tree_that_a_new_driver_knows_too()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        var machine = await CreateAsync();
        (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldBeEmpty();
        await snapshots.CreateAsync(machine.Id, "s1", false, Cancellation);
        await snapshots.CreateAsync(machine.Id, "s2", false, Cancellation);
        await snapshots.RestoreAsync(machine.Id, "s1", null, Cancellation);
        await snapshots.CreateAsync(machine.Id, "s3", false, Cancellation);

        var tree = await NewDriver().Snapshots!.ListAsync(machine.Id, Cancellation);
        tree.Select(s => s.Id).Order().ShouldBe(["s1", "s2", "s3"]);
        tree[0].Id.ShouldBe("s1", "parents come before children");
        tree.ToDictionary(s => s.Id, s => s.ParentId).ShouldBe(
            new Dictionary<string, string?> { ["s1"] = null, ["s2"] = "s1", ["s3"] = "s1" }, ignoreOrder: true);
        tree.ShouldAllBe(s => !s.Memory);
        tree[0].CreatedAt.ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_snapshot_can_be_taken_and_deleted_again_and_leaves_its_children()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        var machine = await CreateAsync();
        for (var i = 0; i < 2; i++) await snapshots.CreateAsync(machine.Id, "s1", false, Cancellation);
        var first = (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldHaveSingleItem();
        await snapshots.CreateAsync(machine.Id, "s2", false, Cancellation);
        await snapshots.CreateAsync(machine.Id, "s1", false, Cancellation);
        (await snapshots.ListAsync(machine.Id, Cancellation)).Single(s => s.Id == "s1").ShouldBe(first);

        for (var i = 0; i < 2; i++) await snapshots.DeleteAsync(machine.Id, "s1", Cancellation);
        var child = (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldHaveSingleItem();
        (child.Id, child.ParentId).ShouldBe(("s2", null));
        for (var i = 0; i < 2; i++) await snapshots.RestoreAsync(machine.Id, "s2", null, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        await snapshots.DeleteAsync(machine.Id, "s2", Cancellation);
        (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldBeEmpty();
        await Driver.StartAsync(machine, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
    }

    [Fact]
    public async Task A_snapshot_that_is_not_there_and_memory_of_a_machine_that_is_off_are_refused()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        var machine = await CreateAsync();
        await ShouldFailAsync(HypervisorErrorKind.NotFound, () => snapshots.RestoreAsync(machine.Id, "s1", null, Cancellation));
        var failure = await Should.ThrowAsync<HypervisorException>(() => snapshots.CreateAsync(machine.Id, "s1", true, Cancellation));
        failure.Kind.ShouldBeOneOf(HypervisorErrorKind.Rejected, HypervisorErrorKind.Unsupported);
        (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_machine_with_snapshots_is_deleted_with_them()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        var machine = await CreateAsync();
        await snapshots.CreateAsync(machine.Id, "s1", false, Cancellation);
        await snapshots.CreateAsync(machine.Id, "s2", false, Cancellation);
        await Driver.StartAsync(machine, Cancellation);
        await Driver.DeleteAsync(machine.Id, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Missing);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_restored_snapshot_brings_its_content_back()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        Need(Driver.Guest, "guest agent to look at the content with");
        var machine = await CreateAsync();
        await MarkAsync(machine, "before");
        await snapshots.CreateAsync(machine.Id, "s1", false, Cancellation);

        await MarkAsync(machine, "after");
        (await MarkOfAsync(machine)).ShouldBe("after");
        await Driver.StartAsync(machine, Cancellation);
        // Running: to return to a disk means to end the run.
        await snapshots.RestoreAsync(machine.Id, "s1", null, Cancellation);
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.Off);
        (await MarkOfAsync(machine)).ShouldBe("before");
    }

    [Fact]
    public async Task A_restored_snapshot_with_memory_runs_on_from_where_it_was_taken()
    {
        var snapshots = Need(Driver.Snapshots, "snapshots");
        var guest = Need(Driver.Guest, "guest agent to look at the content with");
        var machine = await StartWithAgentAsync();
        await guest.WriteFileAsync(machine.Id, "/tmp/mark", "before"u8.ToArray(), Cancellation);
        await NeedAsync(() => snapshots.CreateAsync(machine.Id, "s1", true, Cancellation));
        (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On, "taking it stops nobody");
        (await snapshots.ListAsync(machine.Id, Cancellation)).ShouldHaveSingleItem().Memory.ShouldBeTrue();
        await guest.WriteFileAsync(machine.Id, "/tmp/mark", "after"u8.ToArray(), Cancellation);

        foreach (var killed in new[] { false, true })
        {
            if (killed) await Driver.KillAsync(machine.Id, Cancellation);
            await snapshots.RestoreAsync(machine.Id, "s1", null, Cancellation);
            (await LookAsync(machine)).Power.ShouldBe(ObservedPower.On);
            await AgentAnswersAsync(machine);
            (await guest.ReadFileAsync(machine.Id, "/tmp/mark", 64, Cancellation)).ShouldBe("before"u8.ToArray());
        }
    }
}
