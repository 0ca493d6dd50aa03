using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Warren.Server.Database;
using Warren.Server.Operations;
using Warren.Server.Tests.Hosting;

namespace Warren.Server.Tests.Operations;

/// <summary>A server that stops between claiming an operation and knowing of it.</summary>
public abstract class ClaimCutTests(PostgresCluster? cluster) : DatabaseTests(cluster)
{
    [Fact]
    public async Task What_was_claimed_is_known_so_that_somebody_gives_it_back()
    {
        var cut = new CutAfterUpdate();
        await using var server = await StartAsync(
            s => s.AddSingleton<Workflow>(new ScriptedWorkflow()).ConfigureDbContext<WarrenDb>(options => options.AddInterceptors(cut)), "Operations:Parallel=0");
        await using var scope = server.Get<IServiceScopeFactory>().CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<WarrenDb>();
        var row = scope.ServiceProvider.GetRequiredService<OperationQueue>().Enqueue(ScriptedWorkflow.Name, "test", "s", "s", new Owner("o", "p"));
        await db.SaveChangesAsync();
        using var stopping = new CancellationTokenSource();
        cut.Arm(stopping);
        var claimed = await server.Get<OperationClaims>().ClaimAsync("w", [], stopping.Token);
        stopping.IsCancellationRequested.ShouldBeTrue();
        claimed.ShouldNotBeNull().Id.ShouldBe(row.Id);
    }

    private sealed record Owner(string OwnerId, string ProjectId) : IOwned;

    /// <summary>Cancels once, right after the UPDATE that claims.</summary>
    private sealed class CutAfterUpdate : DbCommandInterceptor
    {
        private CancellationTokenSource? _armed;

        public void Arm(CancellationTokenSource stopping) => _armed = stopping;

        public override async ValueTask<int> NonQueryExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
        {
            if (command.CommandText.Contains("lease_holder", StringComparison.Ordinal) && Interlocked.Exchange(ref _armed, null) is { } stopping) await stopping.CancelAsync();
            return result;
        }
    }
}

public sealed class SqliteClaimCutTests() : ClaimCutTests(null);

public sealed class PostgresClaimCutTests(PostgresCluster cluster) : ClaimCutTests(cluster);
