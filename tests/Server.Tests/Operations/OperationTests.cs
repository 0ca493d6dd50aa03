using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Warren.Contracts;
using Warren.Hypervisors;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Operations;

/// <summary>The engine itself, on both databases.</summary>
public abstract class OperationTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    private readonly ScriptedWorkflow _workflow = new();

    [Fact]
    public async Task Steps_run_in_order_and_the_operation_succeeds()
    {
        await using var server = await ServeAsync();
        var ended = await server.EndAsync(await EnqueueAsync(server));
        ended.Status.ShouldBe(OperationStatus.Succeeded);
        ended.Progress.ShouldBe(100);
        ended.EndedAt.ShouldNotBeNull();
        _workflow.Runs.ShouldBe(["a", "b", "c"]);
    }

    [Theory, InlineData("a"), InlineData("b"), InlineData("c")]
    public async Task Cancel_in_each_step_undoes_and_ends_cancelled(string step)
    {
        await using var server = await ServeAsync();
        var entered = new TaskCompletionSource();
        _workflow.Script[step] = async (_, c) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, c);
            return StepOutcome.Done();
        };
        var operation = await EnqueueAsync(server);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await server.PostAsync($"operations/{operation.Id}/cancel");
        var ended = await server.EndAsync(operation);
        ended.Status.ShouldBe(OperationStatus.Cancelled);
        ended.Problem!.Type.ShouldBe("urn:warren:problem:cancelled");
        _workflow.Runs.Last().ShouldBe("undo");
        _workflow.BadEnds.Single().Cancelled.ShouldBeTrue();
    }

    [Fact]
    public async Task A_failed_step_is_undone_and_its_problem_kept()
    {
        await using var server = await ServeAsync();
        _workflow.Script["b"] = (_, _) => throw new HypervisorException(HypervisorErrorKind.Rejected, "no such thing");
        var ended = await server.EndAsync(await EnqueueAsync(server));
        ended.Status.ShouldBe(OperationStatus.Failed);
        ended.Problem!.Detail.ShouldBe("no such thing");
        _workflow.Runs.ShouldBe(["a", "b", "undo"]);
    }

    [Fact]
    public async Task Busy_is_tried_again_and_nobody_else_notices()
    {
        await using var server = await ServeAsync();
        var tries = 0;
        _workflow.Script["b"] = (_, _) => ++tries < 4
            ? throw new HypervisorException(HypervisorErrorKind.Busy, "locked")
            : Task.FromResult(StepOutcome.GoTo("c"));
        (await server.EndAsync(await EnqueueAsync(server))).Status.ShouldBe(OperationStatus.Succeeded);
        tries.ShouldBe(4);
    }

    [Fact]
    public async Task An_unexpected_exception_is_tried_three_times_and_tells_no_secrets()
    {
        await using var server = await ServeAsync();
        _workflow.Script["b"] = (_, _) => throw new InvalidOperationException("password=hunter2");
        var ended = await server.EndAsync(await EnqueueAsync(server));
        ended.Status.ShouldBe(OperationStatus.Failed);
        ended.Problem!.Type.ShouldBe("urn:warren:problem:internal");
        ended.Problem.Detail!.ShouldNotContain("hunter2");
        _workflow.Runs.Count(r => r == "b").ShouldBe(3);
    }

    [Fact]
    public async Task A_decision_that_cannot_be_committed_fails_the_operation_instead_of_looping()
    {
        await using var server = await ServeAsync();
        _workflow.Script["b"] = (_, _) => Task.FromResult(StepOutcome.GoTo("c", (_, _) => throw new InvalidOperationException("broken commit")));
        var ended = await server.EndAsync(await EnqueueAsync(server));
        ended.Status.ShouldBe(OperationStatus.Failed);
        _workflow.Runs.ShouldBe(["a", "b", "b", "b", "undo"]);
    }

    [Fact]
    public async Task A_deadline_ends_what_takes_too_long()
    {
        await using var server = await ServeAsync();
        _workflow.Script["b"] = (_, _) => Task.FromResult(StepOutcome.Again(TimeSpan.FromMilliseconds(50)));
        var operation = await EnqueueAsync(server);
        await Eventually.BecomesAsync(() => Task.FromResult(_workflow.Runs.Contains("b")), "step b runs");
        server.Clock.Advance(TimeSpan.FromMinutes(6));
        var ended = await server.EndAsync(operation);
        ended.Status.ShouldBe(OperationStatus.Failed);
        ended.Problem!.Type.ShouldBe("urn:warren:problem:deadline");
        _workflow.Runs.Last().ShouldBe("undo");
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing()
    {
        await using var server = await ServeAsync("Operations:Parallel=0");
        var claims = server.Get<OperationClaims>();
        await EnqueueAsync(server);
        var slow = (await claims.ClaimAsync("slow", [], default))!;
        (await claims.ClaimAsync("quick", [], default)).ShouldBeNull("leased");
        server.Clock.Advance(TimeSpan.FromSeconds(new OperationOptions().LeaseSeconds + 1));
        var quick = (await claims.ClaimAsync("quick", [], default))!;
        quick.Id.ShouldBe(slow.Id);
        (await claims.RenewAsync(slow, default)).Kept.ShouldBeFalse();
        var settlement = server.Get<StepSettlement>();
        await settlement.CommitAsync(_workflow, slow, StepOutcome.Failed(Problems.Internal()), default);
        await settlement.CommitAsync(_workflow, quick, StepOutcome.GoTo("b"), default);
        await using var db = server.Db();
        var row = await db.Operations.SingleAsync();
        (row.Step, row.Status, row.LeaseHolder).ShouldBe(("b", OperationStatus.Running, null));
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_that_the_same_process_took_again_is_lost_to_the_first_run()
    {
        await using var server = await ServeAsync("Operations:Parallel=0");
        var claims = server.Get<OperationClaims>();
        await EnqueueAsync(server);
        var stalled = (await claims.ClaimAsync("w", [], default))!;
        server.Clock.Advance(TimeSpan.FromSeconds(new OperationOptions().LeaseSeconds + 1));
        var second = (await claims.ClaimAsync("w", [], default))!;
        second.Id.ShouldBe(stalled.Id);
        (await claims.RenewAsync(stalled, default)).Kept.ShouldBeFalse();
        await server.Get<StepSettlement>().CommitAsync(_workflow, stalled, StepOutcome.Failed(Problems.Internal()), default);
        await claims.ReleaseAsync(stalled, default);
        (await claims.RenewAsync(second, default)).Kept.ShouldBeTrue("the second run still holds it");
    }

    [Fact]
    public async Task Two_workers_never_claim_the_same_row()
    {
        await using var server = await ServeAsync("Operations:Parallel=0");
        for (var i = 0; i < 20; i++) await EnqueueAsync(server, $"s{i}");
        var claims = server.Get<OperationClaims>();
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(async worker =>
        {
            var mine = new List<string>();
            while (await claims.ClaimAsync($"w{worker}", [], default) is { } row) mine.Add(row.Id);
            return mine;
        }));
        var all = taken.SelectMany(t => t).ToList();
        all.Count.ShouldBe(20);
        all.Distinct().Count().ShouldBe(20);
    }

    [Fact]
    public async Task One_live_operation_per_subject_and_a_superseding_one_waits_for_the_old_step()
    {
        await using var server = await ServeAsync("Operations:Parallel=0");
        await EnqueueAsync(server, "m");
        await Should.ThrowAsync<DbUpdateException>(() => EnqueueAsync(server, "m"));
        var claims = server.Get<OperationClaims>();
        var old = (await claims.ClaimAsync("w", [], default))!;
        await using (var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope())
        {
            var queue = scope.ServiceProvider.GetRequiredService<OperationQueue>();
            await queue.SupersedeAsync("m", "Its deletion", default);
        }

        var next = await EnqueueAsync(server, "m");
        (await claims.ClaimAsync("w2", [], default)).ShouldBeNull("the old step may still be at work");
        (await claims.RenewAsync(old, default)).Kept.ShouldBeFalse("superseded");
        await claims.ReleaseAsync(old, default);
        (await claims.ClaimAsync("w2", [], default))!.Id.ShouldBe(next.Id);
    }

    [Fact]
    public async Task Wait_answers_when_it_ends_and_not_before()
    {
        await using var server = await ServeAsync();
        var gate = new TaskCompletionSource();
        _workflow.Script["b"] = async (_, _) =>
        {
            await gate.Task;
            return StepOutcome.GoTo("c");
        };
        var operation = await EnqueueAsync(server);
        var waiting = server.Client.GetStringAsync($"operations/{operation.Id}?wait=30");
        await Eventually.BecomesAsync(() => Task.FromResult(_workflow.Runs.Contains("b")), "step b runs");
        waiting.IsCompleted.ShouldBeFalse();
        gate.SetResult();
        (await waiting).ShouldContain("\"succeeded\"");
    }

    [Fact]
    public async Task What_is_superseded_while_a_step_of_it_is_settled_has_ended_for_good()
    {
        await using var server = await ServeAsync("Operations:Parallel=0");
        await EnqueueAsync(server, "m");
        var held = (await server.Get<OperationClaims>().ClaimAsync("w", [], default))!;
        var superseding = Task.CompletedTask;
        var failed = StepOutcome.Failed(Problems.Internal()) with
        {
            Commit = async (db, c) =>
            {
                superseding = Task.Run(async () =>
                {
                    await using var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope();
                    var other = scope.ServiceProvider.GetRequiredService<WarrenDb>();
                    await other.TransactAsync(async () =>
                    {
                        await scope.ServiceProvider.GetRequiredService<OperationQueue>().SupersedeAsync("m", "Its deletion", default);
                        return true;
                    }, default);
                }, c);
                // Either it got through, or it waits for this transaction to end; both are fine, half of both is not.
                await Eventually.BecomesAsync(async () => superseding.IsCompleted || await IsWaitedForAsync(db), "the other is through or waits");
            },
        };
        await server.Get<StepSettlement>().CommitAsync(_workflow, held, failed, default);
        await superseding;
        await using var look = server.Db();
        var row = await look.Operations.SingleAsync();
        (row.Status, row.Live).ShouldBe((OperationStatus.Cancelled, false));
    }

    /// <summary>Whether another writer waits for the transaction of this context; SQLite's waits outside, by trying again.</summary>
    private static async Task<bool> IsWaitedForAsync(WarrenDb db) =>
        !db.Database.IsNpgsql() || await db.Database.SqlQueryRaw<int>(
            "select count(*)::int as \"Value\" from pg_locks where not granted").SingleAsync() > 0;

    private Task<TestServer> ServeAsync(params string[] settings) => StartAsync(s => s.AddSingleton<Workflow>(_workflow), settings);

    private static async Task<Operation> EnqueueAsync(TestServer server, string subject = "s")
    {
        await using var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var row = scope.ServiceProvider.GetRequiredService<OperationQueue>().Enqueue(ScriptedWorkflow.Name, "test", subject, subject, new Owner("o", "p"));
        await db.SaveChangesAsync();
        return row.ToContract();
    }

    private sealed record Owner(string OwnerId, string ProjectId) : IOwned;
}

public sealed class SqliteOperationTests() : OperationTests(null);

public sealed class PostgresOperationTests(PostgresCluster cluster) : OperationTests(cluster);
